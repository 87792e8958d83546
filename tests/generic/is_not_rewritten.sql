{#- Rows of a file and series that change what was delivered before, for series their publisher does not revise, as a share of the
    file and of all the series has: a file full of corrections deserves a look, a rewritten history (shifted dates, another unit,
    another contract) is no correction. `unrevised_in` is a seed that says with is_revised which of its series are left out. -#}
{% test is_not_rewritten(model, series, unrevised_in=none) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
with

by_file as (
    select
        _file as file,
        {{ series }} as series,
        count(*) as n_of_file,
        count(*) filter (where version_number > 1) as n_cases,
        count(*) filter (where version_number = 1) as n_first
    from {{ model }}
    where
        quarantine_reason is distinct from 'missing_key'
        {%- if unrevised_in %}
        and {{ series }} in (select {{ series }} from {{ unrevised_in }} where not is_revised)
        {%- endif %}
    group by all
),

counted as (
    select *, sum(n_first) over (partition by series) as n_of_series
    from by_file
),

measures as (
    select 'file' as quality_group, file, series, n_of_file as n_rows, n_cases, n_cases / n_of_file as measured
    from counted
    union all
    select 'series', file, series, n_of_series, n_cases, n_cases / n_of_series
    from counted
    where n_of_series > 0
)

{{ against_limits('measures', 'is_not_rewritten', 'all', counts_cases=true) }}
{% endtest %}
