with

sessions as (select * from {{ ref('int_zl__sessions') }}),

series as (
    select * from {{ ref('int_series__editions') }}
    where
        series_id in (
            'fred.DFEDTARU', 'fred.DFF', 'fred.T10Y2Y', 'fred.T10Y3M', 'fred.DGS10', 'fred.T10YIE',
            'fred.NFCI', 'fred.STLFSI4', 'fred.CPIAUCSL', 'fred.UNRATE'
        )
),

news as (select * from {{ ref('int_news__tone') }} where bucket = 'fed'),

windows as (
    select
        *,
        value - lag(value, 4) over (partition by series_id, edition_at order by period_date) as change_4,
        {{ percent_change('value', before('value', '12 months')) }} as change_pct_12m,
        {{ trailing('value', 156, 'period_date', 'series_id, edition_at') }} as values_156
    from series
),

measures as (
    select
        * exclude (values_156),
        case
            when series_id in ('fred.NFCI', 'fred.STLFSI4') then {{ percentile_rank('value', 'values_156', 156) }}
        end as percentile_156w
    from windows
),

series_as_known as (
    {{ as_known('measures') }}
),

readings as (
    select
        as_of_date,
        {{ pick('value', 'fred.DFEDTARU') }} as target_rate,
        {{ pick('value', 'fred.DFF') }} as effective_rate,
        {{ pick('age_days', 'fred.DFEDTARU') }} as target_rate_age_days,
        {{ pick('age_days', 'fred.DFF') }} as effective_rate_age_days,
        {{ pick('value', 'fred.T10Y2Y') }} as curve_10y2y,
        {{ pick('value', 'fred.T10Y3M') }} as curve_10y3m,
        {{ pick('age_days', 'fred.T10Y2Y') }} as curve_age_days,
        {{ pick('value', 'fred.DGS10') }} as nominal_yield,
        {{ pick('period_date', 'fred.DGS10') }} as nominal_yield_date,
        {{ pick('value', 'fred.T10YIE') }} as breakeven,
        {{ pick('period_date', 'fred.T10YIE') }} as breakeven_date,
        {{ pick('age_days', 'fred.DGS10') }} as real_yield_age_days,
        {%- for index in ['NFCI', 'STLFSI4'] %}
        {{ pick('value', 'fred.' ~ index) }} as {{ index | lower }}_index,
        {{ pick('change_4', 'fred.' ~ index) }} as {{ index | lower }}_index_change_4w,
        {{ pick('percentile_156w', 'fred.' ~ index) }} as {{ index | lower }}_percentile_156w,
        {{ pick('age_days', 'fred.' ~ index) }} as {{ index | lower }}_age_days,
        {%- endfor %}
        {{ pick('change_pct_12m', 'fred.CPIAUCSL') }} as cpi_change_pct_12m,
        {{ pick('age_days', 'fred.CPIAUCSL') }} as cpi_age_days,
        {{ pick('value', 'fred.UNRATE') }} as unrate_pct,
        {{ pick('age_days', 'fred.UNRATE') }} as unrate_age_days
    from series_as_known
    group by as_of_date
),

session_readings as (
    select
        sessions.as_of_date,
        sessions.session_index,
        readings.* exclude (as_of_date),
        case
            when readings.nominal_yield_date = readings.breakeven_date
                then {{ real_yield('readings.nominal_yield', 'readings.breakeven') }}
        end as real_yield
    from sessions
    left join readings on sessions.as_of_date = readings.as_of_date
),

session_changes as (
    select
        *,
        target_rate - lag(target_rate, 21) over (order by session_index) as target_rate_change_21d,
        target_rate - lag(target_rate, 63) over (order by session_index) as target_rate_change_63d,
        effective_rate - lag(effective_rate, 21) over (order by session_index) as effective_rate_change_21d,
        effective_rate - lag(effective_rate, 63) over (order by session_index) as effective_rate_change_63d
    from session_readings
),

-- The decided rate once it was delivered for both changes, the traded one until then: changes and age of one series.
chosen_rates as (
    select
        *,
        case
            when target_rate_change_63d is not null then 'target'
            when effective_rate_change_21d is not null then 'effective'
            when target_rate_change_21d is not null then 'target'
        end as policy_rate
    from session_changes
),

changes as (
    select
        *,
        {%- for n in [21, 63] %}
        case policy_rate
            when 'target' then target_rate_change_{{ n }}d when 'effective' then effective_rate_change_{{ n }}d
        end as policy_rate_pp_change_{{ n }}d,
        real_yield - lag(real_yield, {{ n }}) over (order by session_index) as real_yield_pp_change_{{ n }}d,
        {%- endfor %}
        case policy_rate
            when 'target' then target_rate_age_days when 'effective' then effective_rate_age_days
        end as policy_rate_age_days
    from chosen_rates
),

result as (
    select
        changes.as_of_date,
        changes.policy_rate_pp_change_21d,
        changes.policy_rate_pp_change_63d,
        changes.policy_rate_age_days,
        changes.curve_10y2y as curve_10y2y_pp,
        changes.curve_10y3m as curve_10y3m_pp,
        changes.curve_age_days,
        changes.real_yield as real_yield_pct,
        changes.real_yield_pp_change_21d,
        changes.real_yield_pp_change_63d,
        changes.real_yield_age_days,
        changes.nfci_index,
        changes.nfci_index_change_4w,
        changes.nfci_percentile_156w,
        changes.nfci_age_days,
        changes.stlfsi4_index,
        changes.stlfsi4_index_change_4w,
        changes.stlfsi4_percentile_156w,
        changes.stlfsi4_age_days,
        changes.cpi_change_pct_12m,
        changes.cpi_age_days,
        changes.unrate_pct,
        changes.unrate_age_days,
        news.net_tone_7d as fed_news_net_tone_7d,
        news.activity_21d as fed_news_activity_21d
    from changes
    left join news on changes.as_of_date = news.as_of_date
)

select * from result
