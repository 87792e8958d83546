-- Share of a root's last 250 bars that were refused as those of a wrong contract: routine for a day, not for weeks. And of those that
-- hold no trade at all: where all are so, the volume rule sees no difference.
{{ config(tags=['dq_accuracy', 'databento']) }}
with bars as (

    select
        symbol,
        quarantine_reason,
        volume
    from {{ ref('int_databento_ohlcv_1d__versions') }}
    where version_number = 1 and not list_contains({{ learning_param('volatility', 'excluded_roots') }}, symbol)
    qualify row_number() over (partition by symbol order by trade_date desc) <= 250

),

measures as (

    select
        'all' as quality_group,
        symbol,
        count(*) filter (where quarantine_reason = 'wrong_contract_volume') / count(*) as measured,
        count(*) as n_cases
    from bars
    group by symbol

    union all

    select
        'no trade' as quality_group,
        symbol,
        count(*) filter (where volume = 0) / count(*) as measured,
        count(*) as n_cases
    from bars
    group by symbol

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d', counts_cases=true) }}
