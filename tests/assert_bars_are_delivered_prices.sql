-- Staging repairs nothing: the bar of a day is one that was delivered, to the last digit.
{{ config(tags=['dq_consistency', 'databento']) }}
select bars.*
from {{ ref('stg_databento__ohlcv_1d') }} as bars
anti join {{ ref('raw_databento__ohlcv_1d') }} as deliveries
    on
        bars.symbol = deliveries.symbol
        and bars.trade_date = deliveries.trade_date
        and bars.instrument_id = deliveries.instrument_id
        and bars.open = deliveries.open
        and bars.high = deliveries.high
        and bars.low = deliveries.low
        and bars.close = deliveries.close
        and bars.volume = deliveries.volume
