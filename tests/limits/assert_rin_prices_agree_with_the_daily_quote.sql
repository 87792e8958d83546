-- EPA's weekly D4 (USD) against the daily quote (US cents): the two move together and the usual gap is small.
{{ config(tags=['dq_accuracy', 'epa']) }}
with weekly_quotes as (

    select
        date_trunc('week', quote_date)::date as week_start_date,
        avg(close) / 100 as quote_usd_per_rin
    from {{ ref('stg_refinitiv_quotes__daily') }}
    where ric = 'rin-d4-us'
    group by all

),

pairs as (

    select
        prices.price_usd_per_rin,
        weekly_quotes.quote_usd_per_rin
    from {{ ref('stg_epa__rin_prices') }} as prices
    inner join weekly_quotes on prices.week_start_date = weekly_quotes.week_start_date
    where prices.d_code = 'D4' and prices.qap_type = 'Unverified' and prices.rin_year = prices.transfer_year

),

measures as (

    select
        'correlation' as quality_group,
        corr(price_usd_per_rin, quote_usd_per_rin) as measured,
        count(*) as n_cases
    from pairs
    union all
    select
        'gap',
        median(abs(price_usd_per_rin - quote_usd_per_rin)),
        count(*)
    from pairs

)

{{ against_limits('measures', model.name, 'epa.rin_prices', counts_cases=true) }}
