{#- Share of rows of a file and series that change what was delivered before, for series their publisher does not revise: beyond
    the limit it is no correction (shifted dates, another unit, another contract).
    `unrevised_in` is a seed that says
    with is_revised which of its series are left out. -#}
{% test is_not_rewritten(model, series, unrevised_in=none) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
with

measures as (
    select
        'all' as quality_group,
        _file as file,
        {{ series }} as series,
        count(*) as n_rows,
        count(*) filter (where version_number > 1) as n_cases,
        count(*) filter (where version_number > 1) / count(*) as measured
    from {{ model }}
    where
        quarantine_reason is distinct from 'missing_key'
        {%- if unrevised_in %}
        and {{ series }} in (select {{ series }} from {{ unrevised_in }} where not is_revised)
        {%- endif %}
    group by all
)

{{ against_limits('measures', 'is_not_rewritten', 'all', counts_cases=true) }}
{% endtest %}
