-- Daily policy uncertainty of four weeks against the two years before them: single days are noise, the median of four weeks is not a
-- tenth or ten times of what is usual. The furthest.
{{ config(tags=['dq_validity', 'fred']) }}
with observations as (

    select
        series_id,
        observation_date,
        value
    from {{ ref('stg_fred__observations') }}
    where series_id = 'USEPUINDXD' and value is not null

),

ratios as (

    {{ level_ratios('observations', 'series_id', 'observation_date', 'value', n_recent=28, n_usual=730, n_enough=250) }}

),

measures as (

    select
        'uncertainty' as quality_group,
        series_id,
        max(ratio_log) as measured,
        arg_max(observation_date, (ratio_log, observation_date)) as worst_date
    from ratios
    where not {{ is_declared(model.name, 'fred.observations', 'series_id', 'observation_date') }}
    group by series_id

)

{{ against_limits('measures', model.name, 'fred.observations') }}
