-- Roll-neutral log returns inside the limit of each symbol (25 % for most; oil of March and April 2020 needs more).
{{ config(tags=['dq_validity', 'databento'], severity='warn') }}
select
    bars.symbol,
    bars.trade_date,
    bars.return_log
from {{ ref('int_bars__roll_neutral') }} as bars
inner join {{ ref('symbols') }} as symbols on bars.symbol = symbols.symbol
where abs(bars.return_log) >= symbols.max_abs_return_log
