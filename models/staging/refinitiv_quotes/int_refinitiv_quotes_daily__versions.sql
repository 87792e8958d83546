{{ config(post_hook="{{ say_quarantined('refinitiv_quotes.daily', ['ric', 'quote_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_refinitiv_quotes__daily') }}

),

quotes as (

    select * from {{ ref('quotes') }}

),

judged as (

    select
        deliveries.ric,
        deliveries.quote_date,
        deliveries.close,
        deliveries.unit,
        deliveries.ingested_at,
        deliveries._file,
        'refinitiv_quotes' as release_rule,
        case -- noqa: LT02
            when
                {{ is_missing(['deliveries.ric', 'deliveries.quote_date', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when quotes.ric is null then 'unknown_series'
            when {{ is_not_finite(['deliveries.close']) }} then 'not_finite'
            when deliveries.quote_date > deliveries.ingested_at::date then 'dated_after_delivery'
            when deliveries.unit is distinct from quotes.unit then 'unexpected_unit'
            when deliveries.close < quotes.min_value or deliveries.close > quotes.max_value then 'price_out_of_bounds'
        end as own_reason
    from deliveries
    left join quotes on deliveries.ric = quotes.ric

),

{{ judged_versions('quote_date', ['ric', 'quote_date'], ['close', 'unit']) }}
