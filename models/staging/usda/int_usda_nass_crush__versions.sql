{{ config(post_hook="{{ say_quarantined('usda.nass_crush', ['month_start_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_usda__nass_crush') }}

),

judged as (

    select
        deliveries.month as month_start_date,
        deliveries.soybeans_crushed_tons,
        deliveries.oil_produced_1000lb,
        deliveries.meal_tons,
        deliveries.oil_stock_1000lb,
        deliveries.meal_stock_tons,
        deliveries.ingested_at,
        deliveries._file,
        'usda_nass_crush' as release_rule,
        case
            when {{ is_missing(['deliveries.month', 'deliveries.ingested_at']) }} then 'missing_key'
            when
                {{ is_not_finite([
                    'deliveries.soybeans_crushed_tons', 'deliveries.oil_produced_1000lb', 'deliveries.meal_tons',
                    'deliveries.oil_stock_1000lb', 'deliveries.meal_stock_tons'
                ]) }}
                then 'not_finite'
            when deliveries.month > deliveries.ingested_at::date then 'dated_after_delivery'
            when day(deliveries.month) != 1 then 'not_a_month_start'
            when
                least(
                    deliveries.soybeans_crushed_tons, deliveries.oil_produced_1000lb, deliveries.meal_tons,
                    deliveries.oil_stock_1000lb, deliveries.meal_stock_tons
                ) <= 0
                then 'negative_quantity'
            when
                deliveries.soybeans_crushed_tons not between 1e6 and 2e7
                or deliveries.oil_stock_1000lb not between 1e5 and 2e7
                then 'value_out_of_bounds'
            when
                {{ oil_yield('deliveries.oil_produced_1000lb', 'deliveries.soybeans_crushed_tons') }} not between 9 and 14
                then 'oil_yield_out_of_bounds'
        end as own_reason
    from deliveries

),

{{ judged_versions('month_start_date', ['month_start_date'], [
    'soybeans_crushed_tons', 'oil_produced_1000lb', 'meal_tons', 'oil_stock_1000lb', 'meal_stock_tons'
]) }}
