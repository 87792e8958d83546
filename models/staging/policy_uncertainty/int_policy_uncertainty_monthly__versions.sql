{{ config(post_hook="{{ say_quarantined('policy_uncertainty.monthly', ['category', 'month_start_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_policy_uncertainty__monthly') }}

),

judged as (

    select
        deliveries.month as month_start_date,
        deliveries.category,
        deliveries.value,
        deliveries.ingested_at,
        deliveries._file,
        'policy_uncertainty' as release_rule,
        case
            when
                {{ is_missing(['deliveries.month', 'deliveries.category', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when {{ is_not_finite(['deliveries.value']) }} then 'not_finite'
            when deliveries.month > deliveries.ingested_at::date then 'dated_after_delivery'
            when day(deliveries.month) != 1 then 'not_a_month_start'
            when deliveries.value < 0 or deliveries.value > 50000 then 'value_out_of_bounds'
        end as own_reason
    from deliveries

),

{{ judged_versions('month_start_date', ['month_start_date', 'category'], ['value']) }}
