with

wasde as (select * from {{ ref('int_usda_wasde__versions') }}),

versions as (
    select
        'usda.wasde_ending_stocks_surprise' as series_id,
        release_date,
        marketing_year,
        value as ending_stocks_million_bu,
        published_at,
        known_at,
        version_number
    from wasde
    where quarantine_reason is null and attribute = 'Ending Stocks' and unit = 'million bu'
),

editions as (
    {{ editions('versions', ['series_id'], ['release_date', 'marketing_year']) }}
),

-- The first report of a marketing year (May) has no forerunner: it surprises by an unknown amount, not by zero.
result as (
    select
        series_id,
        edition_at,
        release_date as period_date,
        ending_stocks_million_bu - lag(ending_stocks_million_bu) over (
            partition by series_id, edition_at, marketing_year order by release_date
        ) as value,
        max(published_at) over (
            partition by series_id, edition_at order by release_date, marketing_year rows unbounded preceding
        ) as published_at,
        {{ carry_days('wasde') }} as carry_days
    from editions
    qualify
        row_number() over (
            partition by series_id, edition_at, release_date order by marketing_year desc
        ) = 1
)

select * from result
