-- EPA's weekly D4 (USD) against the daily quote (US cents): correlation 0.9 or more, median gap at most 15 cents.
{{ config(tags=['dq_accuracy', 'epa'], severity='warn') }}
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

)

select
    count(*) as n_weeks,
    corr(price_usd_per_rin, quote_usd_per_rin) as correlation,
    median(abs(price_usd_per_rin - quote_usd_per_rin)) as median_gap_usd
from pairs
having count(*) >= 100 and (correlation < 0.9 or median_gap_usd > 0.15)
