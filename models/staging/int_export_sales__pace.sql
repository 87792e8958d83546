with

export_sales as (select * from {{ ref('int_usda_export_sales__versions') }}),

versions as (
    select
        'usda.china_soybean_commitments_pace' as series_id,
        week_ending_date,
        marketing_year,
        total_commitments_mt,
        published_at,
        known_at,
        version_number
    from export_sales
    where quarantine_reason is null and commodity = 'SOYBEANS' and country = 'CHINA'
),

editions as (
    {{ editions('versions', ['series_id'], ['week_ending_date', 'marketing_year']) }}
),

marketing_weeks as (
    select
        *,
        left(marketing_year, 4)::integer as marketing_year_start,
        date_diff('day', make_date(left(marketing_year, 4)::integer, 9, 1), week_ending_date) // 7 + 1 as marketing_week
    from editions
    -- sales of a year that has not begun stand beside those of the current one
    where total_commitments_mt is not null and make_date(left(marketing_year, 4)::integer, 9, 1) <= week_ending_date
),

past_years as (
    select
        *,
        list(total_commitments_mt) over (
            partition by series_id, edition_at, marketing_week order by marketing_year_start
            range between 5 preceding and 1 preceding
        ) as past_commitments_mt
    from marketing_weeks
),

-- A week on the boundary stands once for each marketing year; the new year's counts.
result as (
    select
        series_id,
        edition_at,
        week_ending_date as period_date,
        {{ commitments_pace('total_commitments_mt', 'past_commitments_mt') }} as value,
        max(published_at) over (
            partition by series_id, edition_at order by week_ending_date, marketing_year_start
            rows unbounded preceding
        ) as published_at,
        {{ carry_days('weekly') }} as carry_days
    from past_years
    qualify
        row_number() over (
            partition by series_id, edition_at, week_ending_date order by marketing_year_start desc
        ) = 1
)

select * from result
