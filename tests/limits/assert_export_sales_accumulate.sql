-- Within a marketing year what was shipped so far grows by the week's exports (week 1 starts it), to the ton; exports to all
-- countries are never less than those to China. Net sales may be negative and are left alone. The worst week of each year.
{{ config(tags=['dq_consistency', 'usda'], severity='warn') }}
with weeks as (

    select
        *,
        abs(accumulated_exports_mt - lag(accumulated_exports_mt) over marketing_year_weeks - weekly_exports_mt) as gap_mt,
        week_ending_date - lag(week_ending_date) over marketing_year_weeks as gap_days
    from {{ ref('stg_usda__export_sales') }}
    window marketing_year_weeks as (partition by commodity, country, marketing_year order by week_ending_date)

),

measures as (

    select
        'accumulated' as quality_group,
        commodity,
        country,
        marketing_year,
        max(gap_mt) as measured,
        arg_max(week_ending_date, gap_mt) as worst_week_date
    from weeks
    where gap_days = 7 and gap_mt is not null
    group by all
    union all
    select
        'china',
        china.commodity,
        china.country,
        china.marketing_year,
        max(china.weekly_exports_mt - total.weekly_exports_mt),
        arg_max(china.week_ending_date, china.weekly_exports_mt - total.weekly_exports_mt)
    from weeks as china
    inner join weeks as total
        on
            china.week_ending_date = total.week_ending_date
            and china.commodity = total.commodity
            and china.marketing_year = total.marketing_year
            and total.country = 'TOTAL'
    where
        china.country = 'CHINA'
        and china.weekly_exports_mt is not null and total.weekly_exports_mt is not null
    group by all

)

{{ against_limits('measures', model.name, 'usda.export_sales') }}
