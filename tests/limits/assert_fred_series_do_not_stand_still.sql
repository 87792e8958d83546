-- The longest run of equal values of each market series: a loader that carries the last value forward under new dates looks fresh
-- and has no holes. Rates a central bank holds, bills beside them and the yuan's peg do stand still.
{{ config(tags=['dq_accuracy', 'fred']) }}
with marked as (

    select
        series.frequency,
        observations.series_id,
        observations.observation_date,
        coalesce(observations.value != lag(observations.value) over dates, true) as is_new
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where
        observations.value is not null
        and series.frequency in ('daily', 'weekly')
        and series.series_id not in (
            'DFF', 'DFEDTARU', 'SOFR', 'RRPONTSYD', 'DGS1MO', 'DGS3MO', 'DGS6MO', 'DGS1', 'DEXCHUS'
        )
    window dates as (partition by observations.series_id order by observations.observation_date)

),

runs as (

    select
        *,
        count(*) filter (where is_new) over (partition by series_id order by observation_date) as run_number
    from marked

),

lengths as (

    select
        frequency,
        series_id,
        min(observation_date) as first_date,
        count(*) as n_equal
    from runs
    group by frequency, series_id, run_number

),

measures as (

    select
        frequency as quality_group,
        series_id,
        max(n_equal) as measured,
        arg_max(first_date, (n_equal, first_date)) as first_date
    from lengths
    group by frequency, series_id

)

{{ against_limits('measures', model.name, 'fred.observations') }}
