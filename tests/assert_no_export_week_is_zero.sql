-- A week in which nothing was sold or shipped to anyone is a reporting failure; the next week holds two.
{{ config(tags=['dq_completeness', 'usda'], severity='warn') }}
select
    week_ending_date,
    commodity,
    marketing_year
from {{ ref('stg_usda__export_sales') }}
where
    is_zero_week
    and not {{ is_declared(model.name, 'usda.export_sales', 'commodity', 'week_ending_date') }}
