with sessions as (

    select * from {{ ref('int_zl__sessions') }}

),

zl_bars as (

    select * from {{ ref('int_bars__roll_neutral') }}
    where symbol = 'ZL'

),

horizons as (

    select * from {{ ref('horizons') }}

),

calendar as (

    select * from {{ ref('trading_calendar') }}

),

-- The newest knowledge of every session's position on the roll-neutral price index.
newest_index as (

    select trade_date, adj_close
    from zl_bars
    where edition_at = (select max(edition_at) from zl_bars)

),

spans as (

    select
        sessions.as_of_date,
        horizons.horizon,
        horizons.horizon_sessions,
        sessions.session_index,
        promised.trade_date as target_date,
        sessions.close_cents_per_lb,
        matured.as_of_date as matured_date,
        matured.zl_edition_at as matured_edition_at
    from sessions
    cross join horizons
    inner join calendar as today
        on sessions.as_of_date = today.trade_date
    -- The promise made at the close: sessions of the exchange calendar, whatever holes the data will have.
    inner join calendar as promised
        on promised.session_number = today.session_number + horizons.horizon_sessions
    -- The realisation: sessions that traded and were kept.
    left join sessions as matured
        on matured.session_index = sessions.session_index + horizons.horizon_sessions

),

realised as (

    select
        spans.*,
        ln(newest_end.adj_close / newest_start.adj_close) as actual_log,
        ln(end_as_matured.adj_close / start_as_matured.adj_close) as matured_log
    from spans
    left join newest_index as newest_start
        on spans.as_of_date = newest_start.trade_date
    left join newest_index as newest_end
        on spans.matured_date = newest_end.trade_date
    left join zl_bars as start_as_matured
        on
            spans.as_of_date = start_as_matured.trade_date
            and spans.matured_edition_at = start_as_matured.edition_at
    left join zl_bars as end_as_matured
        on
            spans.matured_date = end_as_matured.trade_date
            and spans.matured_edition_at = end_as_matured.edition_at

),

labelled as (

    select
        as_of_date,
        horizon,
        horizon_sessions,
        session_index,
        target_date,
        matured_date,
        close_cents_per_lb,
        -- Learners see the return as it was known when it matured; a later revision never rewrites a fit.
        matured_log as target_log,
        actual_log,
        close_cents_per_lb * exp(actual_log) as actual_cents_per_lb
    from realised

)

select * from labelled
order by as_of_date, horizon_sessions
