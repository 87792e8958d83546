-- Each reported week stands for all countries, that of soybeans for China too (it buys meal and oil in few weeks), and no week
-- is left out. Weeks in which China has bought nothing of a new marketing year have no row of it either: seen true, they are declared.
{{ config(tags=['dq_completeness', 'usda'], severity='warn') }}
with weeks as (

    select
        week_ending_date,
        commodity,
        count(distinct country) filter (where country in ('TOTAL', 'CHINA')) as n_countries,
        lag(week_ending_date) over (partition by commodity order by week_ending_date) as week_before_date
    from {{ ref('stg_usda__export_sales') }}
    group by week_ending_date, commodity

)

select *
from weeks
where
    (n_countries < if(commodity = 'SOYBEANS', 2, 1) or week_ending_date - week_before_date != 7)
    and not {{ is_declared(model.name, 'usda.export_sales', 'commodity', 'week_ending_date') }}
