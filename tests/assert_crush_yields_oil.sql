-- A bushel gives 11 to 12.5 lb of oil; outside, one of the two columns is in another unit.
{{ config(tags=['dq_accuracy', 'usda']) }}
select
    month_start_date,
    oil_produced_1000lb * 30 / soybeans_crushed_tons as oil_yield_lb_per_bu
from {{ ref('stg_usda__nass_crush') }}
where oil_produced_1000lb * 30 / soybeans_crushed_tons not between 11 and 12.5
