-- Volume of a quarter against that of the year before it, both as medians, as a logarithm: volume in another unit, of one session or
-- of all contracts together from a day on is a step no market has made. The furthest of ZL, whose volume features read.
{{ config(tags=['dq_validity', 'databento']) }}
with levels as (

    select
        symbol,
        trade_date,
        median(volume) over (order by trade_date rows 62 preceding) as recent_volume,
        median(volume) over year_before as usual_volume,
        count(volume) over year_before as n_before
    from {{ ref('stg_databento__ohlcv_1d') }}
    where symbol = 'ZL'
    window year_before as (order by trade_date rows between 314 preceding and 63 preceding)

),

ratios as (

    select
        *,
        abs(ln(greatest(recent_volume, 1) / greatest(usual_volume, 1))) as ratio_log
    from levels
    where n_before >= 126

),

measures as (

    select
        'ZL' as quality_group,
        symbol,
        max(ratio_log) as measured,
        arg_max(trade_date, ratio_log) as worst_date
    from ratios
    group by symbol

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d') }}
