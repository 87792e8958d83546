-- A cellulosic RIN may replace an advanced one, so that D3 below D5 is no price of a market, year by year; weeks in which few
-- trade break it.
{{ config(tags=['dq_validity', 'epa']) }}
with weeks as (

    select
        week_start_date,
        max(price_usd_per_rin) filter (where d_code = 'D3') as d3_usd_per_rin,
        max(price_usd_per_rin) filter (where d_code = 'D5') as d5_usd_per_rin
    from {{ ref('stg_epa__rin_prices') }}
    where qap_type = 'Unverified' and rin_year = transfer_year
    group by week_start_date

),

measures as (

    select
        'all' as quality_group,
        year(week_start_date) as transfer_year,
        count(*) filter (where d3_usd_per_rin < d5_usd_per_rin) / count(*) as measured,
        count(*) as n_cases
    from weeks
    where
        d3_usd_per_rin is not null and d5_usd_per_rin is not null
        and not {{ is_declared(model.name, 'epa.rin_prices', "'all'", 'week_start_date') }}
    group by all

)

{{ against_limits('measures', model.name, 'epa.rin_prices', counts_cases=true) }}
