with

export_sales as (select * from {{ ref('int_usda_export_sales__versions') }}),

soybeans as (
    select
        *,
        make_date(try_cast(left(marketing_year, 4) as integer), 9, 1) as marketing_year_start_date
    from export_sales
    where commodity = 'SOYBEANS'
),

china as (select * from soybeans where country = 'CHINA'),

-- A country has no row of a marketing year before its first purchase of it: next to the world's row that is nothing bought.
-- Where China stood neither before nor at the turn of the year, its rows are lost, and nothing is known.
weeks_before_first_purchase as (
    select
        world.week_ending_date,
        world.marketing_year,
        world.marketing_year_start_date,
        world.published_at,
        world.known_at
    from soybeans as world
    where
        world.country = 'TOTAL' and world.version_number = 1 and world.quarantine_reason is null
        and not exists (
            select 1
            from china
            where
                china.marketing_year = world.marketing_year
                and china.week_ending_date <= world.week_ending_date
                and china.known_at <= world.known_at
        )
        and exists (
            select 1
            from china
            where
                china.marketing_year < world.marketing_year
                and china.week_ending_date >= world.marketing_year_start_date - 7
                and china.known_at <= world.known_at
        )
),

-- A purchase reported after the world's row of its week corrects the zero.
versions as (
    select
        'usda.china_soybean_commitments_pace' as series_id,
        china.week_ending_date,
        china.marketing_year,
        china.marketing_year_start_date,
        china.total_commitments_mt,
        china.published_at,
        china.known_at,
        china.version_number + if(zeros.known_at is null, 0, 1) as version_number
    from china
    left join weeks_before_first_purchase as zeros
        on china.week_ending_date = zeros.week_ending_date and china.marketing_year = zeros.marketing_year
    where china.quarantine_reason is null

    union all

    select
        'usda.china_soybean_commitments_pace' as series_id,
        week_ending_date,
        marketing_year,
        marketing_year_start_date,
        0 as total_commitments_mt,
        published_at,
        known_at,
        1 as version_number
    from weeks_before_first_purchase
),

editions as (
    {{ editions('versions', ['series_id'], ['week_ending_date', 'marketing_year']) }}
),

marketing_weeks as (
    select
        *,
        year(marketing_year_start_date) as marketing_year_start,
        date_diff('day', marketing_year_start_date, week_ending_date) // 7 + 1 as marketing_week
    from editions
    -- sales of a year that has not begun stand beside those of the current one
    where total_commitments_mt is not null and marketing_year_start_date <= week_ending_date
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
