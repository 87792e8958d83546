-- FEDFUNDS of a month is the mean of DFF over its days: a unit, a missing stretch or a wrong date of either shows here. The largest gap
-- of each year.
{{ config(tags=['dq_accuracy', 'fred']) }}
with daily as (

    select
        date_trunc('month', observation_date)::date as month_start_date,
        avg(value) as mean_value,
        count(value) as n_days
    from {{ ref('stg_fred__observations') }}
    where series_id = 'DFF' and value is not null
    group by month_start_date

),

measures as (

    select
        'all' as quality_group,
        year(daily.month_start_date) as observation_year,
        max(abs(monthly.value - daily.mean_value)) as measured,
        arg_max(daily.month_start_date, abs(monthly.value - daily.mean_value)) as worst_month
    from daily
    inner join {{ ref('stg_fred__observations') }} as monthly
        on daily.month_start_date = monthly.observation_date and monthly.series_id = 'FEDFUNDS' and monthly.value is not null
    -- the running month, and one that a history begins with, are not whole
    where daily.n_days = date_diff('day', daily.month_start_date, daily.month_start_date + interval 1 month)
    group by observation_year

)

{{ against_limits('measures', model.name, 'fred.observations') }}
