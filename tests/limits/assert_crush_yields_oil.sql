-- Pounds of oil per bushel crushed, month by month; outside what a bean holds, one of the two columns is in another unit.
{{ config(tags=['dq_accuracy', 'usda']) }}
with yields as (

    select
        month_start_date,
        {{ oil_yield('oil_produced_1000lb', 'soybeans_crushed_tons') }} as measured
    from {{ ref('stg_usda__nass_crush') }}
    where oil_produced_1000lb is not null and soybeans_crushed_tons is not null

),

measures as (

    select
        'low' as quality_group,
        month_start_date,
        measured
    from yields
    union all
    select
        'high',
        month_start_date,
        measured
    from yields

)

{{ against_limits('measures', model.name, 'usda.nass_crush') }}
