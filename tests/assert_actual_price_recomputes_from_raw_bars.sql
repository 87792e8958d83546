-- The served outcome from the raw bars alone: front bars kept by the volume rule, the new contract's own move on a roll.
-- Bars that were revised are left to the staging tests.
{{ config(tags=['dq_accuracy']) }}
with delivered as (

    select
        trade_date,
        instrument_id,
        open,
        close,
        median(volume) over (
            order by trade_date rows between 60 preceding and 1 preceding
        ) as usual_volume,
        count(*) over (
            order by trade_date rows between 60 preceding and 1 preceding
        ) as n_before,
        volume
    from {{ ref('raw_databento__ohlcv_1d') }}
    where
        symbol = 'ZL'
        -- what was delivered of days after a replay's cut is not known there
        and trade_date <= (select max(as_of_date) from {{ ref('int_zl__sessions') }})
    qualify row_number() over (partition by trade_date order by ingested_at desc, _file desc) = 1

),

kept as (

    select
        *,
        row_number() over (order by trade_date) as position,
        lag(instrument_id) over (order by trade_date) as contract_before,
        lag(close) over (order by trade_date) as close_before
    from delivered
    where
        (n_before < 20 or volume >= 0.03 * usual_volume)
        and trade_date not in (
            select observed_date
            from {{ ref('quarantine') }}
            where source_table = 'databento.ohlcv_1d' and key_text like '%ZL%'
        )

),

carried as (

    select
        trade_date,
        position,
        close,
        sum(ln(if(instrument_id = contract_before, close / close_before, close / open))) over (
            order by position rows between unbounded preceding and current row
        ) as index_log
    from kept

)

select
    predictions.as_of_date,
    predictions.horizon,
    predictions.actual_cents_per_lb,
    here.close * exp(there.index_log - here.index_log) as recomputed_cents_per_lb
from {{ ref('zl_predictions') }} as predictions
inner join carried as here
    on predictions.as_of_date = here.trade_date
left join carried as there
    on there.position = here.position + predictions.horizon_sessions
where
    (predictions.actual_cents_per_lb is null) != (there.index_log is null)
    or abs(predictions.actual_cents_per_lb - here.close * exp(there.index_log - here.index_log)) > 1e-6
