-- T10Y2Y is DGS10 less DGS2, and T10Y3M is DGS10 less DGS3MO, within rounding; a unit or sign error in any of them shows here.
-- The largest gap of each year.
{{ config(tags=['dq_accuracy', 'fred']) }}
with measures as (

    select
        'all' as quality_group,
        spread.series_id,
        year(spread.observation_date) as observation_year,
        arg_max(spread.observation_date, abs(spread.value - (long_yield.value - short_yield.value))) as worst_date,
        max(abs(spread.value - (long_yield.value - short_yield.value))) as measured
    from {{ ref('stg_fred__observations') }} as spread
    inner join {{ ref('stg_fred__observations') }} as long_yield
        on spread.observation_date = long_yield.observation_date and long_yield.series_id = 'DGS10'
    inner join {{ ref('stg_fred__observations') }} as short_yield
        on
            spread.observation_date = short_yield.observation_date
            and short_yield.series_id = if(spread.series_id = 'T10Y2Y', 'DGS2', 'DGS3MO')
    where
        spread.series_id in ('T10Y2Y', 'T10Y3M')
        and spread.value is not null and long_yield.value is not null and short_yield.value is not null
    group by all

)

{{ against_limits('measures', model.name, 'fred.observations') }}
