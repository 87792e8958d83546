-- No month of crush is left out: days from each month to the one before.
{{ config(tags=['dq_completeness', 'usda']) }}
with measures as (

    select
        'all' as quality_group,
        month_start_date,
        month_start_date - lag(month_start_date) over (order by month_start_date) as measured
    from {{ ref('stg_usda__nass_crush') }}
    qualify measured is not null

)

{{ against_limits('measures', model.name, 'usda.nass_crush') }}
