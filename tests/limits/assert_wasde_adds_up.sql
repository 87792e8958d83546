-- The US balance of every release: beginning stocks, production and imports are total supply, and what total use leaves of it
-- are ending stocks.
{{ config(tags=['dq_consistency', 'usda']) }}
with balances as (

    select
        release_date,
        marketing_year,
        max(value) filter (where attribute = 'Beginning Stocks') as beginning_stocks,
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

)

{{ against_limits('measures', model.name, 'usda.wasde') }}
