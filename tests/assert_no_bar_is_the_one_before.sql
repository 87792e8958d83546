-- A bar that repeats prices and volume of the session before to the last contract: yesterday's bar under today's date.
{{ config(tags=['dq_accuracy', 'databento'], severity='warn') }}
select
    symbol,
    trade_date,
    close,
    volume
from {{ ref('stg_databento__ohlcv_1d') }}
window sessions as (partition by symbol order by trade_date)
qualify
    (open, high, low, close, volume)
    = (
        lag(open) over sessions, lag(high) over sessions, lag(low) over sessions, lag(close) over sessions,
        lag(volume) over sessions
    )
order by all
