-- The served outcome from the raw bars alone: front bars kept by the volume rule, the new contract's own move on a roll.
-- A forecast starts from the close that was delivered first; what happened after it is measured on the newest deliveries.
-- A delivery refused for another reason than its volume counts as never made; the day's other deliveries stay.
{{ config(tags=['dq_accuracy', 'forecasts']) }}
with refused as (

    select
        observed_date,
        file,
        quarantine_reason
    from {{ ref('quarantine') }}
    where
        source_table = 'databento.ohlcv_1d'
        and key_text = concat_ws(' ', 'ZL', observed_date)
        and quarantine_reason != 'wrong_contract_volume'

),

deliveries as (

    select bars.*
    from {{ ref('raw_databento__ohlcv_1d') }} as bars
    -- of a bar taken before its close staging knows nothing: the whole one that follows is the first
    anti join refused
        on
            bars.trade_date = refused.observed_date
            and bars._file = refused.file
            and refused.quarantine_reason = 'delivered_before_close'
    where
        bars.symbol = 'ZL'
        -- what was delivered of days after a replay's cut is not known there
        and bars.trade_date <= (select max(as_of_date) from {{ ref('int_zl__sessions') }})

),

first_deliveries as (

    select * from deliveries
    qualify row_number() over (partition by trade_date order by ingested_at, _file) = 1

),

volumes as (

    select
        trade_date,
        _file,
        volume,
        close,
        median(volume) over earlier as usual_volume,
        count(*) over earlier as n_before
    from first_deliveries
    window earlier as (order by trade_date rows between 60 preceding and 1 preceding)

),

-- The axis: days of which a valid bar was delivered first.
axis as (

    select
        volumes.trade_date,
        volumes.close,
        row_number() over (order by volumes.trade_date) as position
    from volumes
    anti join refused on volumes.trade_date = refused.observed_date and volumes._file = refused.file
    where volumes.n_before < 20 or volumes.volume >= 0.03 * volumes.usual_volume

),

newest as (

    select deliveries.*
    from deliveries
    inner join volumes on deliveries.trade_date = volumes.trade_date
    anti join refused on deliveries.trade_date = refused.observed_date and deliveries._file = refused.file
    where volumes.n_before < 20 or deliveries.volume >= 0.03 * volumes.usual_volume
    qualify row_number() over (partition by deliveries.trade_date order by deliveries.ingested_at desc, deliveries._file desc) = 1

),

moves as (

    select
        trade_date,
        if(
            instrument_id = lag(instrument_id) over by_day,
            ln(close / lag(close) over by_day),
            ln(close / open)
        ) as move_log
    from newest
    window by_day as (order by trade_date)

),

carried as (

    select
        trade_date,
        sum(move_log) over (order by trade_date rows between unbounded preceding and current row) as index_log
    from moves

),

on_axis as (

    select
        axis.trade_date,
        axis.position,
        axis.close,
        carried.index_log
    from axis
    inner join carried on axis.trade_date = carried.trade_date

)

select
    predictions.as_of_date,
    predictions.horizon,
    predictions.actual_cents_per_lb,
    here.close * exp(there.index_log - here.index_log) as recomputed_cents_per_lb
from {{ ref('zl_predictions') }} as predictions
left join on_axis as here on predictions.as_of_date = here.trade_date
left join on_axis as there on there.position = here.position + predictions.horizon_sessions
where
    here.trade_date is null
    or (predictions.actual_cents_per_lb is null) != (there.index_log is null)
    or abs(predictions.actual_cents_per_lb - here.close * exp(there.index_log - here.index_log)) > 1e-6
