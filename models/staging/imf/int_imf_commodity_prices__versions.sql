{{ config(post_hook="{{ say_quarantined('imf.commodity_prices', ['commodity', 'month_start_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_imf__commodity_prices') }}

),

judged as (

    select
        deliveries.month as month_start_date,
        deliveries.commodity,
        deliveries.value,
        deliveries.unit,
        deliveries.ingested_at,
        deliveries._file,
        'imf_commodity_prices' as release_rule,
        case
            when
                {{ is_missing(['deliveries.month', 'deliveries.commodity', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when {{ is_not_finite(['deliveries.value']) }} then 'not_finite'
            when deliveries.month > deliveries.ingested_at::date then 'dated_after_delivery'
            when day(deliveries.month) != 1 then 'not_a_month_start'
            when
                deliveries.value <= 0
                or deliveries.value > if(deliveries.unit = 'USD/bbl', 400, 8000)
                then 'price_out_of_bounds'
        end as own_reason
    from deliveries

),

{{ judged_versions('month_start_date', ['month_start_date', 'commodity'], ['value', 'unit']) }}
