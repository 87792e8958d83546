-- The IMF's monthly means of soybeans, soybean oil and maize against those of ZS, ZL and ZC.
{{ config(tags=['dq_accuracy', 'imf']) }}
with futures as (

    select
        case symbol when 'ZL' then 'PSOIL' when 'ZS' then 'PSOYB' when 'ZC' then 'PMAIZMT' end as commodity,
        date_trunc('month', trade_date)::date as month_start_date,
        avg(close) as close
    from {{ ref('stg_databento__ohlcv_1d') }}
    where symbol in ('ZL', 'ZS', 'ZC')
    group by all

),

measures as (

    select
        'all' as quality_group,
        prices.commodity,
        corr(prices.value, futures.close) as measured,
        count(*) as n_cases
    from {{ ref('stg_imf__commodity_prices') }} as prices
    inner join futures
        on prices.commodity = futures.commodity and prices.month_start_date = futures.month_start_date
    where prices.value is not null
    group by prices.commodity

)

{{ against_limits('measures', model.name, 'imf.commodity_prices', counts_cases=true) }}
