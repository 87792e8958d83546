-- From 2014, the first year served, an active series has a value in every period of its frequency, and a weekly one only one: a week
-- that comes on two weekdays counts twice in every window. The widest gap of each, and the narrowest of each weekly one.
{{ config(tags=['dq_completeness', 'fred']) }}
with gaps as (

    select
        observations.series_id,
        series.frequency as quality_group,
        observations.observation_date,
        lag(observations.observation_date) over (
            partition by observations.series_id order by observations.observation_date
        ) as previous_date
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where series.is_active and observations.value is not null

),

served_gaps as (

    select
        *,
        observation_date - previous_date as gap_days
    from gaps
    where
        previous_date >= date '2014-01-01'
        and not {{ is_declared(model.name, 'fred.observations', 'series_id', 'observation_date') }}

),

measures as (

    select
        quality_group,
        series_id,
        max(gap_days) as measured,
        arg_max(observation_date, gap_days) as first_date_after
    from served_gaps
    group by quality_group, series_id
    union all
    select
        'twice a week',
        series_id,
        min(gap_days),
        arg_min(observation_date, gap_days)
    from served_gaps
    where quality_group = 'weekly'
    group by series_id

)

{{ against_limits('measures', model.name, 'fred.observations') }}
