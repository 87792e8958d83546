with

sessions as (select * from {{ ref('int_zl__sessions') }}),

copper as (select * from {{ ref('int_bars__as_known') }} where symbol = 'HG'),

pulse as (select * from {{ ref('int_returns__correlations') }} where left_id = 'ZS' and right_id = 'HG'),

paces as (select * from {{ ref('int_export_sales__pace') }}),

series as (select * from {{ ref('int_series__editions') }} where series_id = 'fred.DEXCHUS'),

news as (select * from {{ ref('int_news__tone') }} where bucket = 'china'),

pace_windows as (
    select
        *,
        {{ trailing('value', 156, 'period_date', 'series_id, edition_at') }} as values_156
    from paces
),

pace_measures as (
    select
        * exclude (values_156),
        {{ percentile_rank('value', 'values_156', 156) }} as percentile_156w
    from pace_windows
),

paces_as_known as (
    {{ as_known('pace_measures') }}
),

yuan as (
    select
        *,
        {{ log_change(
            'value', 'lag(value, 21) over (partition by series_id, edition_at order by period_date)'
        ) }} as change_log_21d
    from series
),

yuan_as_known as (
    {{ as_known('yuan') }}
),

result as (
    select
        sessions.as_of_date,
        copper.return_log_21d as hg_return_log_21d,
        copper.age_days as hg_age_days,
        pulse.correlation_60d as hg_zs_correlation_60d,
        paces_as_known.value as china_commitments_pace_frac,
        paces_as_known.percentile_156w as china_commitments_pace_percentile_156w,
        paces_as_known.age_days as china_commitments_age_days,
        yuan_as_known.change_log_21d as cny_change_log_21d,
        yuan_as_known.age_days as cny_age_days,
        news.net_tone_7d as china_news_net_tone_7d,
        news.activity_21d as china_news_activity_21d
    from sessions
    left join copper on sessions.as_of_date = copper.as_of_date
    left join pulse on sessions.as_of_date = pulse.as_of_date
    left join paces_as_known on sessions.as_of_date = paces_as_known.as_of_date
    left join yuan_as_known on sessions.as_of_date = yuan_as_known.as_of_date
    left join news on sessions.as_of_date = news.as_of_date
)

select * from result
