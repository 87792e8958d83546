-- Daily changes of the ten-year breakeven with those of the five-year, year by year: how much closer they are on the same day than a
-- day apart. One of them labelled a day early tells forecasts tomorrow's real yield.
{{ config(tags=['dq_accuracy', 'fred']) }}
with days as (

    select
        ten.observation_date,
        ten.value - lag(ten.value) over dates as ten_change,
        five.value - lag(five.value) over dates as five_change
    from {{ ref('stg_fred__observations') }} as ten
    inner join {{ ref('stg_fred__observations') }} as five
        on ten.observation_date = five.observation_date and five.series_id = 'T5YIE' and five.value is not null
    where ten.series_id = 'T10YIE' and ten.value is not null
    window dates as (order by ten.observation_date)

),

neighbours as (

    select
        *,
        lag(five_change) over (order by observation_date) as five_change_before,
        lead(five_change) over (order by observation_date) as five_change_after
    from days

),

measures as (

    select
        'all' as quality_group,
        year(observation_date) as observation_year,
        -- a source that stands still moves with nothing
        if(
            stddev_pop(ten_change) > 0 and stddev_pop(five_change) > 0,
            corr(ten_change, five_change)
            - greatest(corr(ten_change, five_change_before), corr(ten_change, five_change_after)),
            0
        ) as measured,
        count(five_change_after) as n_cases
    from neighbours
    group by observation_year

)

{{ against_limits('measures', model.name, 'fred.observations', counts_cases=true) }}
