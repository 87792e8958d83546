-- Open and close of a staged bar lie between its low and its high; a bar that cannot be was refused before.
{{ config(tags=['dq_validity', 'databento']) }}
select *
from {{ ref('stg_databento__ohlcv_1d') }}
where low > least(open, close) or high < greatest(open, close)
