with

sessions as (select * from {{ ref('int_zl__sessions') }}),

monthly as (
    select * from {{ ref('int_series__editions') }} where series_id = 'policy_uncertainty.9. Trade policy'
),

daily as (select * from {{ ref('int_series__editions') }} where series_id = 'fred.USEPUINDXD'),

news as (select * from {{ ref('int_news__tone') }} where bucket = 'tariff'),

monthly_windows as (
    select
        *,
        {{ trailing('value', 12, 'period_date', 'series_id, edition_at') }} as values_12
    from monthly
),

monthly_ratios as (
    select
        * exclude (values_12),
        case when 2 * list_count(values_12) >= 12 then {{ log_change('value', 'list_avg(values_12)') }} end as log_ratio
    from monthly_windows
),

monthly_measures as (
    select
        * exclude (log_ratios_60),
        {{ percentile_rank('log_ratio', 'log_ratios_60', 60) }} as percentile_60m
    from (
        select
            *,
            {{ trailing('log_ratio', 60, 'period_date', 'series_id, edition_at') }} as log_ratios_60
        from monthly_ratios
    )
),

monthly_as_known as (
    {{ as_known('monthly_measures') }}
),

-- Seven days a week: the mean of a week against its own last 252 days.
daily_means as (
    select
        *,
        case
            when list_count({{ trailing('value', 7, 'period_date', 'series_id, edition_at') }}) >= 4
                then list_avg({{ trailing('value', 7, 'period_date', 'series_id, edition_at') }})
        end as mean_7
    from daily
),

daily_measures as (
    select
        * exclude (means_252),
        {{ zscore('mean_7', 'means_252', 252) }} as zscore_252d
    from (
        select
            *,
            {{ trailing('mean_7', 252, 'period_date', 'series_id, edition_at') }} as means_252
        from daily_means
    )
),

daily_as_known as (
    {{ as_known('daily_measures') }}
),

result as (
    select
        sessions.as_of_date,
        monthly_as_known.log_ratio as trade_policy_uncertainty_ratio_log_12m,
        monthly_as_known.percentile_60m as trade_policy_uncertainty_percentile_60m,
        monthly_as_known.age_days as trade_policy_uncertainty_age_days,
        daily_as_known.zscore_252d as policy_uncertainty_zscore_252d,
        daily_as_known.age_days as policy_uncertainty_age_days,
        news.net_tone_7d as tariff_news_net_tone_7d,
        news.activity_21d as tariff_news_activity_21d
    from sessions
    left join monthly_as_known on sessions.as_of_date = monthly_as_known.as_of_date
    left join daily_as_known on sessions.as_of_date = daily_as_known.as_of_date
    left join news on sessions.as_of_date = news.as_of_date
)

select * from result
