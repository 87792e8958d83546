{#- Share of refused rows by file and series, thin bars and what nobody has a rule for left out: beyond the limit the delivery is
    broken (prices times 100, shifted dates, another unit), and nothing is built on what is left of it. -#}
{% test is_mostly_accepted(model, series) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
with

measures as (
    select
        'all' as quality_group,
        _file as file,
        {{ series }} as series,
        count(*) as n_rows,
        count(*) filter (where quarantine_reason != 'wrong_contract_volume') as n_cases,
        mode(quarantine_reason) as usual_reason,
        count(*) filter (where quarantine_reason != 'wrong_contract_volume') / count(*) as measured
    from {{ model }}
    where
        quarantine_reason is null
        or quarantine_reason not in ('unknown_symbol', 'unknown_series', 'unknown_contract')
    group by all
)

{{ against_limits('measures', 'is_mostly_accepted', 'all', counts_cases=true) }}
{% endtest %}
