-- Of the project's 29 FRED series at least 24 active ones are delivered, stand-ins of other names not counted; those a declared
-- history never held are.
{{ config(tags=['dq_completeness', 'fred']) }}
with delivered as (

    select
        series_id,
        max(observation_date) as newest_date
    from {{ ref('stg_fred__observations') }}
    group by series_id

),

measures as (

    select
        'core' as quality_group,
        count(*) filter (
            where delivered.series_id is not null
            or {{ is_declared(model.name, 'fred.observations', 'core.series_id', '(select max(newest_date) from delivered)') }}
        ) as measured,
        string_agg(core.series_id, ' ' order by core.series_id) filter (where delivered.series_id is null) as missing
    from {{ ref('fred_series') }} as core
    left join delivered on core.series_id = delivered.series_id
    where core.is_core and core.is_active

)

{{ against_limits('measures', model.name, 'fred.observations') }}
