-- Every session between the first and last bar of a root of the volatility panel was delivered, but for declared holes.
{{ config(tags=['dq_completeness', 'databento'], severity='warn') }}
with spans as (

    select
        symbols.symbol,
        symbols.exchange,
        min(bars.trade_date) as first_date,
        max(bars.trade_date) as last_date
    from {{ ref('int_databento_ohlcv_1d__versions') }} as bars
    inner join {{ ref('symbols') }} as symbols on bars.symbol = symbols.symbol
    where
        not list_contains({{ learning_param('volatility', 'excluded_roots') }}, bars.symbol)
        and bars.quarantine_reason is distinct from 'dated_after_delivery'
    group by all

)

select
    spans.symbol,
    sessions.trade_date
from spans
inner join {{ ref('trading_calendar') }} as sessions on sessions.trade_date between spans.first_date and spans.last_date
anti join {{ ref('int_databento_ohlcv_1d__versions') }} as bars
    on spans.symbol = bars.symbol and sessions.trade_date = bars.trade_date
where not {{ is_declared(model.name, 'databento.ohlcv_1d', 'spans.exchange', 'sessions.trade_date') }}
