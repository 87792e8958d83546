-- The largest move between neighbouring values of every rate in percent, in points: from the day on which a rate is delivered as a
-- decimal it falls by all it was, and all maturities together, so that the curve still is their difference.
{{ config(tags=['dq_validity', 'fred']) }}
with moves as (

    select
        if(
            series.series_id like 'DGS%' or series.series_id in ('T10Y2Y', 'T10Y3M', 'MORTGAGE30US'), 'yields', 'others'
        ) as quality_group,
        observations.series_id,
        observations.observation_date,
        abs(observations.value - lag(observations.value) over dates) as move,
        observations.observation_date - lag(observations.observation_date) over dates as gap_days
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where
        series.is_active and series.unit in ('percent', 'percentage points') and series.frequency in ('daily', 'weekly')
        and observations.value is not null
    window dates as (partition by observations.series_id order by observations.observation_date)

),

measures as (

    select
        quality_group,
        series_id,
        max(move) as measured,
        arg_max(observation_date, move) as worst_date
    from moves
    where
        -- beyond that is a hole, which is told as one
        gap_days <= 10
        and not {{ is_declared(model.name, 'fred.observations', 'series_id', 'observation_date') }}
    group by quality_group, series_id

)

{{ against_limits('measures', model.name, 'fred.observations') }}
