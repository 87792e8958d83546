-- Sessions that have closed by the clock since the newest row of features: the forecast is of an older day. It only warns, and
-- ZL's own lateness is told by source_freshness.
{{ config(tags=['dq_timeliness', 'features'], severity='warn') }}
with measures as (

    select
        'all' as quality_group,
        count(*) as measured,
        any_value(newest.as_of_date) as newest_as_of_date,
        max(sessions.trade_date) as last_closed_date
    from (select max(as_of_date) as as_of_date from {{ ref('daily_ml_matrix') }}) as newest
    inner join {{ ref('trading_calendar') }} as sessions
        on sessions.trade_date > newest.as_of_date and sessions.close_at <= {{ clock_at() }}

)

{{ against_limits('measures', model.name, 'features.daily_ml_matrix') }}
