-- Daily changes of the ten-year breakeven with those of the five-year, in every whole year and over the last 250 days: how much closer
-- they are on the same day than a day apart. One of them labelled a day early tells forecasts tomorrow's real yield.
{{ config(tags=['dq_accuracy', 'fred']) }}
with days as (

    select
        ten.observation_date,
        ten.value - lag(ten.value) over dates as ten_change,
        five.value - lag(five.value) over dates as five_change
    from {{ ref('stg_fred__observations') }} as ten
    inner join {{ ref('stg_fred__observations') }} as five
        on ten.observation_date = five.observation_date and five.series_id = 'T5YIE' and five.value is not null
    where
        ten.series_id = 'T10YIE' and ten.value is not null
        and not {{ is_declared(model.name, 'fred.observations', "'T10YIE'", 'ten.observation_date') }}
    window dates as (order by ten.observation_date)

),

neighbours as (

    select
        *,
        lag(five_change) over (order by observation_date) as five_change_before,
        lead(five_change) over (order by observation_date) as five_change_after
    from days

),

-- a year that has begun is too short to tell
periods as (

    select
        *,
        year(observation_date)::varchar as period
    from neighbours
    qualify year(observation_date) < max(year(observation_date)) over ()
    union all
    select
        *,
        'last 250'
    from neighbours
    qualify row_number() over (order by observation_date desc) <= 250

),

measures as (

    select
        'all' as quality_group,
        period,
        {{ same_day_margin('ten_change', 'five_change', 'five_change_before', 'five_change_after') }} as measured,
        count(five_change_after) as n_cases
    from periods
    group by period

)

{{ against_limits('measures', model.name, 'fred.observations', counts_cases=true) }}
