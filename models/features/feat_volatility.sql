with

sessions as (select * from {{ ref('int_zl__sessions') }}),

bars as (select * from {{ ref('int_bars__roll_neutral') }} where symbol = 'ZL'),

series as (
    select * from {{ ref('int_series__editions') }} where series_id in ('fred.VIXCLS', 'cboe.VIX')
),

days as (
    select
        edition_at,
        session_index,
        trade_date,
        close,
        return_log,
        case when low > 0 then ln(high / low) ** 2 end as squared_log_range,
        {{ garman_klass('open', 'high', 'low', 'close') }} as garman_klass_variance,
        {{ true_range('high', 'low', 'previous_close') }} as true_range
    from bars
),

-- 250 sessions hold all that a recursion remembers: what is cut off weighs less than one part in a million.
windows as (
    select
        *,
        {{ trailing('return_log', 250, 'session_index', 'edition_at') }} as returns_250,
        {{ trailing('squared_log_range', 63, 'session_index', 'edition_at') }} as squared_log_ranges_63,
        {{ trailing('garman_klass_variance', 63, 'session_index', 'edition_at') }} as garman_klass_variances_63,
        {{ trailing('true_range', 250, 'session_index', 'edition_at') }} as true_ranges_250
    from days
),

measures as (
    select
        edition_at,
        trade_date,
        {%- for n in [5, 21, 63] %}
        {{ annualised_volatility(last_of('returns_250', n), n) }} as zl_volatility_pct_{{ n }}d,
        {{ parkinson(last_of('squared_log_ranges_63', n), n) }} as zl_parkinson_volatility_pct_{{ n }}d,
        {{ root_mean_variance(last_of('garman_klass_variances_63', n), n) }} as zl_garman_klass_volatility_pct_{{ n }}d,
        {%- endfor %}
        case when list_count(returns_250) >= 21 then 100 * sqrt({{ ewma_variance('returns_250') }}) end
            as zl_ewma_volatility_pct_per_day,
        {{ wilder_mean('true_ranges_250', 14) }} / nullif(close, 0) as zl_atr_frac_14d
    from windows
),

vix_measures as (
    select
        *,
        value - lag(value, 21) over (partition by series_id, edition_at order by period_date) as change_21d
    from series
),

vix_as_known as (
    {{ as_known('vix_measures') }}
),

-- Level, change and age of one source, the fresher of the two: FRED's copy, or the exchange's own file where that is late.
vix as (
    select
        as_of_date,
        value as vix_points,
        change_21d as vix_points_change_21d,
        age_days as vix_age_days
    from vix_as_known
    qualify row_number() over (partition by as_of_date order by age_days, series_id != 'fred.VIXCLS') = 1
),

result as (
    select
        sessions.as_of_date,
        {%- for n in [5, 21, 63] %}
        measures.zl_volatility_pct_{{ n }}d,
        measures.zl_parkinson_volatility_pct_{{ n }}d,
        measures.zl_garman_klass_volatility_pct_{{ n }}d,
        {%- endfor %}
        measures.zl_ewma_volatility_pct_per_day,
        measures.zl_atr_frac_14d,
        measures.zl_volatility_pct_5d / nullif(measures.zl_volatility_pct_63d, 0) as zl_volatility_ratio_5d_63d,
        vix.vix_points,
        vix.vix_points_change_21d,
        vix.vix_age_days
    from sessions
    left join measures
        on sessions.as_of_date = measures.trade_date and sessions.zl_edition_at = measures.edition_at
    left join vix on sessions.as_of_date = vix.as_of_date
)

select * from result
