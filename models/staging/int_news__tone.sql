with

sessions as (select * from {{ ref('int_zl__sessions') }}),

farm_policy_news as (select * from {{ ref('int_farm_policy_news_articles__versions') }}),

farmdoc_daily as (select * from {{ ref('int_farmdoc_daily_articles__versions') }}),

news_categories as (select * from {{ ref('news_categories') }}),

articles as (
    select 'farm_policy_news' as feed, url, category, tone, published_at, known_at, version_number
    from farm_policy_news
    where quarantine_reason is null
    union all
    select 'farmdoc_daily' as feed, url, category, tone, published_at, known_at, version_number
    from farmdoc_daily
    where quarantine_reason is null
),

-- A rescored article counts with the tone that was known at the session.
scored as (
    select
        *,
        lead(known_at) over (partition by feed, url order by version_number) as superseded_at
    from articles
),

filed as (
    select
        scored.*,
        news_categories.bucket,
        min(scored.published_at) over (partition by news_categories.bucket) as first_published_at
    from scored
    inner join news_categories
        on scored.feed = news_categories.feed and lower(trim(scored.category)) = news_categories.category
    where news_categories.bucket is not null
),

counts as (
    select
        sessions.as_of_date,
        filed.bucket,
        -- an article nobody scored is not a neutral one
        count(filed.tone) filter (where filed.published_at > sessions.as_of_at - interval 7 days) as n_week_scored,
        count(*) filter (
            where filed.published_at > sessions.as_of_at - interval 7 days and filed.tone > 0
        ) as n_week_bullish,
        count(*) filter (
            where filed.published_at > sessions.as_of_at - interval 7 days and filed.tone < 0
        ) as n_week_bearish,
        count(*) filter (where filed.published_at > sessions.as_of_at - interval 1 day) as n_day,
        count(*) filter (where filed.published_at <= sessions.as_of_at - interval 1 day) as n_prior_21_days,
        -- the feed's first weeks know fewer than the 21 days before
        least(
            21, date_diff('second', min(filed.first_published_at), min(sessions.as_of_at) - interval 1 day) / 86400.0
        ) as n_known_days
    from sessions
    inner join filed
        on
            sessions.as_of_at - interval 22 days < filed.published_at
            and sessions.as_of_at >= filed.published_at
            and sessions.as_of_at >= filed.known_at
            and (filed.superseded_at is null or sessions.as_of_at < filed.superseded_at)
    group by sessions.as_of_date, filed.bucket
),

result as (
    select
        as_of_date,
        bucket,
        {{ net_tone('n_week_bullish', 'n_week_bearish', 'n_week_scored') }} as net_tone_7d,
        -- below half of them the mean is not known
        case when n_known_days >= 11 then {{ news_activity('n_day', 'n_prior_21_days', 'n_known_days') }} end as activity_21d
    from counts
)

select * from result
