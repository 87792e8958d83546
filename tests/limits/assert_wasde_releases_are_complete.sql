-- A release each month, with every line of the balance, the ending stocks that features read among them by name and unit. January
-- 2019 had none (shutdown).
{{ config(tags=['dq_completeness', 'usda']) }}
with releases as (

    select
        release_date,
        count(distinct attribute) filter (where value is not null) as n_attributes,
        count(value) filter (where attribute = 'Ending Stocks' and unit = 'million bu') as n_stocks,
        release_date - lag(release_date) over (order by release_date) as gap_days
    from {{ ref('stg_usda__wasde') }}
    group by release_date

),

measures as (

    select
        'days' as quality_group,
        release_date,
        gap_days as measured
    from releases
    where
        gap_days is not null
        and not {{ is_declared(model.name, 'usda.wasde', "'all'", 'release_date') }}
    union all
    select
        'attributes',
        release_date,
        n_attributes
    from releases
    union all
    select
        'stocks',
        release_date,
        n_stocks
    from releases

)

{{ against_limits('measures', model.name, 'usda.wasde') }}
