-- Spot prices from week to week, the largest move of each year; prices around zero (April 2020) have no percentage.
{{ config(tags=['dq_validity', 'eia']) }}
with weeks as (

    select
        series_id,
        date_trunc('week', period_date)::date as week_start_date,
        arg_max(value, period_date) as value
    from {{ ref('stg_eia__series') }}
    where value is not null
    group by all

),

moves as (

    select
        series_id,
        week_start_date,
        abs(value / lag(value) over (partition by series_id order by week_start_date) - 1) as move_frac,
        least(value, lag(value) over (partition by series_id order by week_start_date)) as lower_value
    from weeks

),

measures as (

    select
        'all' as quality_group,
        series_id,
        year(week_start_date) as observation_year,
        max(move_frac) as measured,
        arg_max(week_start_date, move_frac) as worst_week_date
    from moves
    where
        lower_value > 0
        and not {{ is_declared(model.name, 'eia.series', 'series_id', 'week_start_date') }}
    group by all

)

{{ against_limits('measures', model.name, 'eia.series') }}
