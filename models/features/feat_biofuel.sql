with

sessions as (select * from {{ ref('int_zl__sessions') }}),

heating_oil as (select * from {{ ref('int_bars__as_known') }} where symbol = 'HO'),

series as (
    select * from {{ ref('int_series__editions') }}
    where series_id in ('epa.D3', 'epa.D4', 'epa.D5', 'epa.D6', 'refinitiv.rin-d4-us')
),

feed as (select * from {{ ref('int_feedstocks__share') }}),

news as (select * from {{ ref('int_news__tone') }} where bucket = 'biofuel'),

-- Four weeks before, by date: some weeks have no trade, and the daily quote, in US cents, missed many days until 2017.
prices as (
    select
        * exclude (value),
        case when series_id = 'refinitiv.rin-d4-us' then value / 100 else value end as usd_per_rin,
        {{ log_change('value', before('value', '28 days')) }} as change_log_4w,
        {{ log_change('value', before('value', '28 days', at_most='35 days')) }} as quote_change_log_4w
    from series
),

windows as (
    select
        *,
        {{ trailing('usd_per_rin', 156, 'period_date', 'series_id, edition_at') }} as prices_156,
        {{ trailing('change_log_4w', 156, 'period_date', 'series_id, edition_at') }} as changes_156,
        {{ trailing('usd_per_rin', 252, 'period_date', 'series_id, edition_at') }} as prices_252
    from prices
),

measures as (
    select
        * exclude (prices_156, changes_156, prices_252),
        {{ percentile_rank('usd_per_rin', 'prices_156', 156) }} as percentile_156w,
        {{ percentile_rank('change_log_4w', 'changes_156', 156) }} as change_percentile_156w,
        {{ percentile_rank('usd_per_rin', 'prices_252', 252) }} as percentile_252d
    from windows
),

rins_as_known as (
    {{ as_known('measures') }}
),

rins as (
    select
        as_of_date,
        {%- for code in ['d3', 'd4', 'd5', 'd6'] %}
        {{ pick('usd_per_rin', 'epa.' ~ code | upper) }} as {{ code }},
        {{ pick('period_date', 'epa.' ~ code | upper) }} as {{ code }}_week,
        {%- endfor %}
        {{ pick('change_log_4w', 'epa.D4') }} as rin_d4_change_log_4w,
        {{ pick('change_percentile_156w', 'epa.D4') }} as rin_d4_change_percentile_156w,
        {{ pick('percentile_156w', 'epa.D4') }} as rin_d4_percentile_156w,
        {{ pick('age_days', 'epa.D4') }} as rin_d4_age_days,
        {{ pick('age_days', 'epa.D5') }} as rin_d5_age_days,
        {{ pick('usd_per_rin', 'refinitiv.rin-d4-us') }} as d4_quote,
        {{ pick('quote_change_log_4w', 'refinitiv.rin-d4-us') }} as rin_d4_quote_change_log_4w,
        {{ pick('percentile_252d', 'refinitiv.rin-d4-us') }} as rin_d4_quote_percentile_252d,
        {{ pick('age_days', 'refinitiv.rin-d4-us') }} as rin_d4_quote_age_days
    from rins_as_known
    group by as_of_date
),

-- A month against the same month a year before: plants run by season.
feed_changes as (
    select
        *,
        value - {{ before('value', '12 months') }} as change_12m,
        {{ log_change('value', before('value', '12 months')) }} as change_log_12m
    from feed
),

feed_measures as (
    select
        * exclude (changes_60),
        {{ percentile_rank('change_12m', 'changes_60', 60) }} as change_percentile_60m
    from (
        select
            *,
            {{ trailing('change_12m', 60, 'period_date', 'series_id, edition_at') }} as changes_60
        from feed_changes
    )
),

feed_as_known as (
    {{ as_known('feed_measures') }}
),

feeds as (
    select
        as_of_date,
        {{ pick('value', 'eia.soy_oil_share_frac') }} as soy_oil_feed_share_frac,
        {{ pick('change_12m', 'eia.soy_oil_share_frac') }} as soy_oil_feed_share_frac_change_12m,
        {{ pick('change_percentile_60m', 'eia.soy_oil_share_frac') }} as soy_oil_feed_share_change_percentile_60m,
        {{ pick('change_log_12m', 'eia.feed_use_million_lb') }} as biofuel_feed_use_change_log_12m,
        {{ pick('age_days', 'eia.soy_oil_share_frac') }} as feedstocks_age_days
    from feed_as_known
    group by as_of_date
),

-- Heating oil of the last session known at our close, usually yesterday's; the oil is today's.
spreads as (
    select
        sessions.as_of_date,
        sessions.session_index,
        {{ boho('sessions.close_cents_per_lb', 'heating_oil.close') }} as boho,
        {{ blend_margin('heating_oil.close', 'rins.d4_quote', 'sessions.close_cents_per_lb') }} as quote_blend_margin,
        {{ blend_margin('heating_oil.close', 'rins.d4', 'sessions.close_cents_per_lb') }} as epa_blend_margin,
        rins.rin_d4_quote_age_days,
        rins.rin_d4_age_days
    from sessions
    left join heating_oil on sessions.as_of_date = heating_oil.as_of_date
    left join rins on sessions.as_of_date = rins.as_of_date
),

spread_windows as (
    select
        *,
        lag(boho, 21) over (order by session_index) as boho_before,
        {{ trailing('boho', 252, 'session_index') }} as boho_252,
        {{ trailing('quote_blend_margin', 252, 'session_index') }} as quote_blend_margin_252,
        {{ trailing('epa_blend_margin', 252, 'session_index') }} as epa_blend_margin_252
    from spreads
),

-- The daily quote where there is one, EPA's older week otherwise; each is measured against its own past.
blend_margins as (
    select
        as_of_date,
        coalesce(quote_blend_margin, epa_blend_margin) as blend_margin,
        if(
            quote_blend_margin is not null,
            {{ zscore('quote_blend_margin', 'quote_blend_margin_252', 252) }},
            {{ zscore('epa_blend_margin', 'epa_blend_margin_252', 252) }}
        ) as blend_margin_zscore_252d,
        case
            when quote_blend_margin is not null then rin_d4_quote_age_days
            when epa_blend_margin is not null then rin_d4_age_days
        end as blend_margin_d4_age_days
    from spread_windows
),

result as (
    select
        spread_windows.as_of_date,
        spread_windows.boho as boho_usd_per_gal,
        spread_windows.boho - spread_windows.boho_before as boho_usd_per_gal_change_21d,
        {{ zscore('spread_windows.boho', 'spread_windows.boho_252', 252) }} as boho_zscore_252d,
        blend_margins.blend_margin as blend_margin_usd_per_gal,
        blend_margins.blend_margin_zscore_252d,
        blend_margins.blend_margin_d4_age_days,
        rins.rin_d4_change_log_4w,
        rins.rin_d4_change_percentile_156w,
        rins.rin_d4_percentile_156w,
        case when rins.d4_week = rins.d6_week then rins.d4 - rins.d6 end as rin_d4_d6_spread_usd,
        case when rins.d3_week = rins.d5_week then rins.d3 - rins.d5 end as rin_d3_d5_spread_usd,
        rins.rin_d4_age_days,
        rins.rin_d5_age_days,
        rins.rin_d4_quote_change_log_4w,
        rins.rin_d4_quote_percentile_252d,
        rins.rin_d4_quote_age_days,
        feeds.soy_oil_feed_share_frac,
        feeds.soy_oil_feed_share_frac_change_12m,
        feeds.soy_oil_feed_share_change_percentile_60m,
        feeds.biofuel_feed_use_change_log_12m,
        feeds.feedstocks_age_days,
        news.net_tone_7d as biofuel_news_net_tone_7d,
        news.activity_21d as biofuel_news_activity_21d
    from spread_windows
    inner join blend_margins on spread_windows.as_of_date = blend_margins.as_of_date
    left join rins on spread_windows.as_of_date = rins.as_of_date
    left join feeds on spread_windows.as_of_date = feeds.as_of_date
    left join news on spread_windows.as_of_date = news.as_of_date
)

select * from result
