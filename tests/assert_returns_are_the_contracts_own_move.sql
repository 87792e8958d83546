-- A return is a move of one contract: close over its own close the valid session before, or close over open on a roll.
{{ config(tags=['dq_consistency', 'databento']) }}
with bars as (

    select
        *,
        lag(instrument_id) over series as contract_before,
        lag(close) over series as close_before,
        lag(adj_close) over series as adj_close_before
    from {{ ref('int_bars__roll_neutral') }}
    window series as (partition by symbol, edition_at order by session_index)

)

select *
from bars
where
    session_index > 1
    and (
        abs(exp(return_log) - close / if(instrument_id = contract_before, close_before, open)) > 1e-9
        or abs(adj_close / adj_close_before - exp(return_log)) > 1e-9
        or (return_log is null and least(open, close, close_before) > 0)
        or is_roll != (instrument_id != contract_before)
    )
