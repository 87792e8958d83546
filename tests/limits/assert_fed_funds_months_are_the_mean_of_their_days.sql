-- FEDFUNDS of a month is the mean of DFF over its days: another unit or a wrong value of either shows here, in months with every day
-- (holes are told as holes). The largest gap of each year.
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

gaps as (

    select
        daily.month_start_date,
        round(abs(monthly.value - daily.mean_value), 9) as gap
    from daily
    inner join {{ ref('stg_fred__observations') }} as monthly
        on daily.month_start_date = monthly.observation_date and monthly.series_id = 'FEDFUNDS' and monthly.value is not null
    -- the running month, and one that a history begins with, are not whole
    where
        daily.n_days = date_diff('day', daily.month_start_date, daily.month_start_date + interval 1 month)
        and not {{ is_declared(model.name, 'fred.observations', "'FEDFUNDS'", 'daily.month_start_date') }}

),

measures as (

    select
        'all' as quality_group,
        year(month_start_date) as observation_year,
        max(gap) as measured,
        arg_max(month_start_date, (gap, month_start_date)) as worst_month
    from gaps
    group by observation_year

)

{{ against_limits('measures', model.name, 'fred.observations') }}
