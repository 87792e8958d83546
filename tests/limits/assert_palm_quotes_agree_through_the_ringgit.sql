-- Palm oil in ringgit, over the exchange rate, is palm oil in dollars: how far apart the two are, the median of 21 days, worst of a
-- year. One of the three in another unit, standing still or dated a day off breaks it; which one, it does not say.
{{ config(tags=['dq_accuracy', 'refinitiv_quotes']) }}
with days as (

    select
        quote_date,
        max(close) filter (where ric = 'fcpoc1') as palm_myr,
        max(close) filter (where ric = 'myr=') as myr_per_usd,
        max(close) filter (where ric = 'fupoc1') as palm_usd
    from {{ ref('stg_refinitiv_quotes__daily') }}
    where close > 0
    group by quote_date

),

gaps as (

    select
        year(quote_date) as quote_year,
        median(abs(palm_myr / myr_per_usd / palm_usd - 1)) over month as gap_frac,
        count(*) over month as n_days
    from days
    where palm_myr is not null and myr_per_usd is not null and palm_usd is not null
    window month as (order by quote_date rows between 20 preceding and current row)

),

measures as (

    select
        'all' as quality_group,
        quote_year,
        max(gap_frac) as measured
    from gaps
    where n_days = 21
    group by quote_year

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily') }}
