-- Every mapped EIA series has been delivered.
{{ config(tags=['dq_completeness', 'eia']) }}
with delivered as (

    select distinct series_id from {{ ref('stg_eia__series') }}

),

measures as (

    select
        'all' as quality_group,
        count(*) filter (where delivered.series_id is null) as measured,
        string_agg(mapped.series_id, ' ' order by mapped.series_id) filter (where delivered.series_id is null) as missing
    from {{ ref('eia_series') }} as mapped
    left join delivered on mapped.series_id = delivered.series_id

)

{{ against_limits('measures', model.name, 'eia.series') }}
