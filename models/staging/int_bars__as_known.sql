with

sessions as (select * from {{ ref('int_zl__sessions') }}),

bars as (
    select * from {{ ref('int_bars__roll_neutral') }}
    where symbol in ('ZL', 'ZS', 'ZM', 'HG', 'CL', 'RB', 'HO', 'NG')
),

windows as (
    select
        *,
        {{ trailing('return_log', 21, 'session_index', 'symbol, edition_at') }} as returns_21,
        {{ trailing('return_log', 63, 'session_index', 'symbol, edition_at') }} as returns_63
    from bars
),

-- Momentum counts each root's own sessions, before the join to ours.
measures as (
    select
        symbol as series_id,
        edition_at,
        trade_date as period_date,
        published_at,
        {{ carry_days('daily') }} as carry_days,
        close,
        {{ sum_of_returns('returns_21', 21) }} as return_log_21d,
        {{ sum_of_returns('returns_63', 63) }} as return_log_63d
    from windows
),

result as (
    {{ as_known('measures') }}
)

select
    as_of_date,
    session_index,
    series_id as symbol,
    period_date as trade_date,
    close,
    return_log_21d,
    return_log_63d,
    age_days
from result
