-- Within a marketing year what was shipped so far grows by the week's exports (week 1 starts it), to the ton; exports to all
-- countries are never less than those to China. Net sales may be negative and are left alone.
{{ config(tags=['dq_consistency', 'usda'], severity='warn') }}
with weeks as (

    select
        *,
        lag(accumulated_exports_mt) over marketing_year_weeks as accumulated_before_mt,
        lag(week_ending_date) over marketing_year_weeks as week_before_date
    from {{ ref('stg_usda__export_sales') }}
    window marketing_year_weeks as (partition by commodity, country, marketing_year order by week_ending_date)

)

select week_ending_date, commodity, country, marketing_year, 'does not accumulate' as trouble
from weeks
where
    week_before_date = week_ending_date - 7
    and abs(accumulated_exports_mt - accumulated_before_mt - weekly_exports_mt) > 2
union all
select china.week_ending_date, china.commodity, china.country, china.marketing_year, 'exceeds the total'
from weeks as china
inner join weeks as total
    on
        china.week_ending_date = total.week_ending_date
        and china.commodity = total.commodity
        and china.marketing_year = total.marketing_year
        and total.country = 'TOTAL'
where china.country = 'CHINA' and china.weekly_exports_mt > total.weekly_exports_mt
