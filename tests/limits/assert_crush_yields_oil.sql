-- Pounds of oil per bushel crushed, month by month; outside what a bean holds, one of the two columns is in another unit. So are
-- stocks of oil that multiply within a month: their logarithm against the month before. A yield that moves away from that of the
-- twelve months before it is a column that is a few per cent off.
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
    union all
    select
        'move',
        month_start_date,
        abs(measured / median(measured) over before - 1) as measured
    from yields
    window before as (order by month_start_date rows between 12 preceding and 1 preceding)
    qualify count(*) over before = 12
    union all
    select
        'stock',
        month_start_date,
        abs(ln(oil_stock_1000lb / lag(oil_stock_1000lb) over (order by month_start_date))) as measured
    from {{ ref('stg_usda__nass_crush') }}
    where oil_stock_1000lb > 0
    qualify measured is not null

)

{{ against_limits('measures', model.name, 'usda.nass_crush') }}
