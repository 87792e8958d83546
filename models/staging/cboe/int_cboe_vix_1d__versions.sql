{{ config(post_hook="{{ say_quarantined('cboe.vix_1d', ['trade_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_cboe__vix_1d') }}

),

judged as (

    select
        deliveries.trade_date,
        deliveries.open,
        deliveries.high,
        deliveries.low,
        deliveries.close,
        deliveries.ingested_at,
        deliveries._file,
        'cboe_vix' as release_rule,
        case
            when {{ is_missing(['deliveries.trade_date', 'deliveries.ingested_at']) }} then 'missing_key'
            when {{ is_missing(['deliveries.close']) }} then 'missing_value'
            when
                {{ is_not_finite(['deliveries.open', 'deliveries.high', 'deliveries.low', 'deliveries.close']) }}
                then 'not_finite'
            when deliveries.trade_date > deliveries.ingested_at::date then 'dated_after_delivery'
            when isodow(deliveries.trade_date) > 5 then 'not_a_weekday'
            when
                deliveries.low > least(deliveries.open, deliveries.close)
                or deliveries.high < greatest(deliveries.open, deliveries.close)
                then 'impossible_bar'
            when deliveries.low < 5 or deliveries.high > 150 then 'price_out_of_bounds'
        end as own_reason
    from deliveries

),

{{ judged_versions('trade_date', ['trade_date'], ['open', 'high', 'low', 'close']) }}
