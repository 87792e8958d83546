-- Within a marketing year total commitments grow by the week's net sales: the largest gap of each year and destination. Those to all
-- countries are millions of tons from the first week on, since next year's beans are sold before it begins: the least of each year.
{{ config(tags=['dq_accuracy', 'usda'], severity='warn') }}
with weeks as (

    select
        *,
        abs(total_commitments_mt - lag(total_commitments_mt) over marketing_year_weeks - net_sales_mt) as gap_mt,
        week_ending_date - lag(week_ending_date) over marketing_year_weeks as gap_days
    from {{ ref('stg_usda__export_sales') }}
    window marketing_year_weeks as (partition by commodity, country, marketing_year order by week_ending_date)

),

measures as (

    select
        'all' as quality_group,
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
        'level',
        commodity,
        country,
        marketing_year,
        min(total_commitments_mt),
        arg_min(week_ending_date, total_commitments_mt)
    from weeks
    where commodity = 'SOYBEANS' and country = 'TOTAL' and total_commitments_mt is not null
    group by all

)

{{ against_limits('measures', model.name, 'usda.export_sales') }}
