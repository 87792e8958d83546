-- The weeks of a marketing year add up to what USDA has accumulated, for years delivered from their first week and without a
-- missing one.
{{ config(tags=['dq_accuracy', 'usda'], severity='warn') }}
with years as (

    select
        commodity,
        country,
        marketing_year,
        sum(weekly_exports_mt) as exports_mt,
        max(accumulated_exports_mt) as accumulated_mt,
        arg_min(accumulated_exports_mt - weekly_exports_mt, week_ending_date) as exports_before_mt,
        count(*) as n_weeks,
        (max(week_ending_date) - min(week_ending_date)) / 7 + 1 as n_weeks_expected
    from {{ ref('stg_usda__export_sales') }}
    group by all

),

measures as (

    select
        'all' as quality_group,
        commodity,
        country,
        marketing_year,
        abs(exports_mt - accumulated_mt) as measured
    from years
    where n_weeks = n_weeks_expected and exports_before_mt = 0

)

{{ against_limits('measures', model.name, 'usda.export_sales') }}
