-- Volume of a quarter against that of the year before it: volume in another unit, of the night alone or of all contracts together from
-- a day on is a step no market has made. The furthest of ZL, whose volume features read.
{{ config(tags=['dq_validity', 'databento']) }}
with volumes as (

    select
        symbol,
        trade_date,
        volume
    from {{ ref('stg_databento__ohlcv_1d') }}
    where symbol = 'ZL'

),

ratios as (

    {{ level_ratios('volumes', 'symbol', 'trade_date', 'volume', n_recent=63, n_usual=252, n_enough=126) }}

),

measures as (

    select
        'ZL' as quality_group,
        symbol,
        max(ratio_log) as measured,
        arg_max(trade_date, (ratio_log, trade_date)) as worst_date
    from ratios
    group by symbol

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d') }}
