-- More than a week of sessions in a row without a valid ZL bar: files are missing, or were refused. Nothing is served from such
-- an axis.
{{ config(tags=['dq_completeness', 'databento']) }}
with valid_sessions as (

    select
        sessions.trade_date,
        sessions.session_number,
        lag(sessions.trade_date) over (order by sessions.trade_date) as previous_date,
        lag(sessions.session_number) over (order by sessions.trade_date) as previous_number
    from {{ ref('stg_databento__ohlcv_1d') }} as bars
    inner join {{ ref('trading_calendar') }} as sessions on bars.trade_date = sessions.trade_date
    where bars.symbol = 'ZL'

),

measures as (

    select
        'ZL' as quality_group,
        previous_date as last_date_before,
        trade_date as first_date_after,
        session_number - previous_number - 1 as measured
    from valid_sessions
    where session_number - previous_number > 1

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d') }}
