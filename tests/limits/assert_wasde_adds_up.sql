-- The US balance of every release: beginning stocks, production and imports are total supply, and what total use leaves of it
-- are ending stocks. A balance in another unit adds up too, but the crop is no longer the acres harvested times their yield.
{{ config(tags=['dq_consistency', 'usda']) }}
with balances as (

    select
        release_date,
        marketing_year,
        max(value) filter (where attribute = 'Beginning Stocks') as beginning_stocks,
        max(value) filter (where attribute = 'Area Harvested') as area_harvested,
        max(value) filter (where attribute = 'Yield') as yield,
        max(value) filter (where attribute = 'Production') as production,
        max(value) filter (where attribute = 'Imports') as imports,
        max(value) filter (where attribute = 'Total Supply') as total_supply,
        max(value) filter (where attribute = 'Total Use') as total_use,
        max(value) filter (where attribute = 'Ending Stocks') as ending_stocks
    from {{ ref('stg_usda__wasde') }}
    group by release_date, marketing_year

),

measures as (

    select
        'all' as quality_group,
        release_date,
        marketing_year,
        greatest(
            abs(beginning_stocks + production + imports - total_supply), abs(total_supply - total_use - ending_stocks)
        ) as measured
    from balances
    where
        beginning_stocks is not null and production is not null and imports is not null and total_supply is not null
        and total_use is not null and ending_stocks is not null
    union all
    select
        'crop',
        release_date,
        marketing_year,
        abs(production / (area_harvested * yield) - 1)
    from balances
    where production is not null and area_harvested > 0 and yield > 0

)

{{ against_limits('measures', model.name, 'usda.wasde') }}
