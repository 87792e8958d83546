{%- set roots = ['zl', 'zs', 'zm', 'zc'] -%}

with

sessions as (select * from {{ ref('int_zl__sessions') }}),

bars_as_known as (select * from {{ ref('int_bars__as_known') }}),

series as (
    select * from {{ ref('int_series__editions') }}
    where series_id like 'cftc.%' or series_id like 'nass.%'
),

surprises as (select * from {{ ref('int_wasde__surprise') }}),

quotes as (
    select * from {{ ref('int_series__editions') }}
    where series_id in ('refinitiv.fcpoc1', 'refinitiv.fupoc1', 'refinitiv.myr=')
),

news as (select * from {{ ref('int_news__tone') }} where bucket = 'crush'),

quotes_as_known as (
    {{ as_known('quotes') }}
),

-- Palm oil in USD: the ringgit future over the ringgit of the same day; where one is missing, the future quoted in USD.
palm_quotes as (
    select
        as_of_date,
        {{ pick('value', 'refinitiv.fcpoc1') }} as palm_myr_per_t,
        {{ pick('period_date', 'refinitiv.fcpoc1') }} as palm_myr_date,
        {{ pick('value', 'refinitiv.myr=') }} as myr_per_usd,
        {{ pick('period_date', 'refinitiv.myr=') }} as myr_date,
        {{ pick('value', 'refinitiv.fupoc1') }} as palm_usd_per_t,
        {{ pick('period_date', 'refinitiv.fupoc1') }} as palm_usd_date
    from quotes_as_known
    group by as_of_date
),

palm_legs as (
    select
        *,
        case when palm_myr_date = myr_date then palm_myr_per_t / nullif(myr_per_usd, 0) end as palm_converted_usd_per_t
    from palm_quotes
),

palm_prices as (
    select
        as_of_date,
        coalesce(palm_converted_usd_per_t, palm_usd_per_t) as palm_usd_per_t,
        date_diff(
            'day', if(palm_converted_usd_per_t is not null, palm_myr_date, palm_usd_date), as_of_date
        )::double as palm_age_days
    from palm_legs
),

-- Oil, meal and beans of one venue and one day: a missing leg stays missing.
legs as (
    select
        sessions.as_of_date,
        sessions.session_index,
        sessions.close_cents_per_lb as oil,
        meal.close as meal,
        beans.close as bean,
        palm_prices.palm_usd_per_t as palm,
        palm_prices.palm_age_days
    from sessions
    left join bars_as_known as meal
        on sessions.as_of_date = meal.as_of_date and sessions.as_of_date = meal.trade_date and meal.symbol = 'ZM'
    left join bars_as_known as beans
        on sessions.as_of_date = beans.as_of_date and sessions.as_of_date = beans.trade_date and beans.symbol = 'ZS'
    left join palm_prices on sessions.as_of_date = palm_prices.as_of_date
),

spreads as (
    select
        as_of_date,
        session_index,
        palm_age_days,
        {{ board_crush('meal', 'oil', 'bean') }} as board_crush,
        {{ oil_share('meal', 'oil') }} as oil_share,
        {{ palm_spread('oil', 'palm') }} as palm_spread
    from legs
),

spread_windows as (
    select
        *,
        {{ trailing('board_crush', 60, 'session_index') }} as board_crush_60,
        {{ trailing('oil_share', 60, 'session_index') }} as oil_share_60,
        {{ trailing('palm_spread', 252, 'session_index') }} as palm_spread_252,
        lag(board_crush, 21) over (order by session_index) as board_crush_before,
        lag(oil_share, 21) over (order by session_index) as oil_share_before
    from spreads
),

reports as (
    select
        *,
        lag(value, 1) over history as previous_value,
        lag(value, 4) over history as value_4_before,
        {{ trailing('value', 52, 'period_date', 'series_id, edition_at') }} as values_52,
        {{ log_change('value', before('value', '12 months')) }} as log_change_12m
    from series
    window history as (partition by series_id, edition_at order by period_date)
),

report_windows as (
    select
        * exclude (values_52),
        {{ percentile_rank('value', 'values_52', 52) }} as percentile_52,
        {{ trailing('log_change_12m', 60, 'period_date', 'series_id, edition_at') }} as log_changes_60
    from reports
),

report_measures as (
    select
        * exclude (log_changes_60),
        {{ percentile_rank('log_change_12m', 'log_changes_60', 60) }} as log_change_percentile_60
    from report_windows
),

reports_as_known as (
    {{ as_known('report_measures') }}
),

report_features as (
    select
        as_of_date,
        {%- for root in roots %}
        {%- set id = 'cftc.' ~ root | upper %}
        {{ pick('value', id) }} as cot_{{ root }}_net_pct_oi,
        {{ pick('value - previous_value', id) }} as cot_{{ root }}_net_pct_oi_change_1w,
        {{ pick('value - value_4_before', id) }} as cot_{{ root }}_net_pct_oi_change_4w,
        {{ pick('percentile_52', id) }} as cot_{{ root }}_net_percentile_52w,
        {{ pick('age_days', id) }} as cot_{{ root }}_age_days,
        {%- endfor %}
        {{ pick('value', 'nass.oil_yield') }} as oil_yield_lb_per_bu,
        {{ pick('value', 'nass.oil_stock_days') }} as oil_stocks_crush_days,
        {{ pick('log_change_12m', 'nass.oil_stock_1000lb') }} as oil_stocks_change_log_12m,
        {{ pick('log_change_percentile_60', 'nass.oil_stock_1000lb') }} as oil_stocks_change_percentile_60m,
        {{ pick('age_days', 'nass.oil_stock_1000lb') }} as oil_stocks_age_days
    from reports_as_known
    group by as_of_date
),

surprises_as_known as (
    {{ as_known('surprises') }}
),

result as (
    select
        spread_windows.as_of_date,
        spread_windows.board_crush as board_crush_usd_per_bu,
        spread_windows.board_crush - spread_windows.board_crush_before as board_crush_usd_per_bu_change_21d,
        {{ zscore('spread_windows.board_crush', 'spread_windows.board_crush_60', 60) }} as board_crush_zscore_60d,
        spread_windows.oil_share as oil_share_frac,
        spread_windows.oil_share - spread_windows.oil_share_before as oil_share_frac_change_21d,
        {{ zscore('spread_windows.oil_share', 'spread_windows.oil_share_60', 60) }} as oil_share_zscore_60d,
        spread_windows.palm_spread as palm_spread_usd_per_t,
        {{ zscore('spread_windows.palm_spread', 'spread_windows.palm_spread_252', 252) }} as palm_spread_zscore_252d,
        spread_windows.palm_age_days,
        {%- for root in roots %}
        report_features.cot_{{ root }}_net_pct_oi,
        report_features.cot_{{ root }}_net_pct_oi_change_1w,
        report_features.cot_{{ root }}_net_pct_oi_change_4w,
        report_features.cot_{{ root }}_net_percentile_52w,
        {{ extreme('report_features.cot_' ~ root ~ '_net_percentile_52w') }} as cot_{{ root }}_net_extreme_52w,
        report_features.cot_{{ root }}_age_days,
        {%- endfor %}
        report_features.oil_yield_lb_per_bu,
        report_features.oil_stocks_crush_days,
        report_features.oil_stocks_change_log_12m,
        report_features.oil_stocks_change_percentile_60m,
        report_features.oil_stocks_age_days,
        surprises_as_known.value as wasde_ending_stocks_surprise_million_bu,
        surprises_as_known.age_days as wasde_age_days,
        news.net_tone_7d as crush_news_net_tone_7d,
        news.activity_21d as crush_news_activity_21d
    from spread_windows
    left join report_features on spread_windows.as_of_date = report_features.as_of_date
    left join surprises_as_known on spread_windows.as_of_date = surprises_as_known.as_of_date
    left join news on spread_windows.as_of_date = news.as_of_date
)

select * from result
