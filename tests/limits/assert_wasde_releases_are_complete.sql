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

lines as (

    select distinct attribute
    from {{ ref('stg_usda__wasde') }}
    where value is not null

),

missing_lines as (

    select
        releases.release_date,
        string_agg(lines.attribute, ', ' order by lines.attribute) as missing
    from releases
    cross join lines
    left join {{ ref('stg_usda__wasde') }} as balance
        on
            releases.release_date = balance.release_date
            and lines.attribute = balance.attribute
            and balance.value is not null
    where balance.attribute is null
    group by releases.release_date

),

measures as (

    select
        'days' as quality_group,
        release_date,
        gap_days as measured,
        null as missing
    from releases
    where
        gap_days is not null
        and not {{ is_declared(model.name, 'usda.wasde', "'all'", 'release_date') }}
    union all
    select
        'attributes',
        releases.release_date,
        releases.n_attributes,
        missing_lines.missing
    from releases
    left join missing_lines on releases.release_date = missing_lines.release_date
    union all
    select
        'stocks',
        release_date,
        n_stocks,
        null
    from releases

)

{{ against_limits('measures', model.name, 'usda.wasde') }}
