with

sessions as (select * from {{ ref('int_zl__sessions') }}),

oil as (select * from {{ ref('int_bars__as_known') }} where symbol = 'ZL'),

series as (
    select * from {{ ref('int_series__editions') }} where series_id in ('fred.DTWEXBGS', 'fred.DEXBZUS')
),

coupling as (
    select * from {{ ref('int_returns__correlations') }} where left_id = 'ZL' and right_id = 'fred.DEXBZUS'
),

histories as (
    select
        *,
        lag(value, 1) over history as value_1_before,
        lag(value, 21) over history as value_21_before,
        lag(value, 63) over history as value_63_before,
        lag(value, 252) over history as value_252_before
    from series
    window history as (partition by series_id, edition_at order by period_date)
),

changes as (
    select
        * exclude (value_1_before, value_21_before, value_63_before, value_252_before),
        {{ log_change('value', 'value_1_before') }} as change_log_1d,
        {{ log_change('value', 'value_21_before') }} as change_log_21d,
        {{ log_change('value', 'value_63_before') }} as change_log_63d,
        {{ log_change('value', 'value_252_before') }} as change_log_252d
    from histories
),

measures as (
    select
        * exclude (changes_63),
        {{ annualised_volatility(last_of('changes_63', 21), 21) }} as volatility_pct_21d,
        {{ annualised_volatility('changes_63', 63) }} as volatility_pct_63d
    from (
        select
            *,
            {{ trailing('change_log_1d', 63, 'period_date', 'series_id, edition_at') }} as changes_63
        from changes
    )
),

rates_as_known as (
    {{ as_known('measures') }}
),

rates as (
    select
        as_of_date,
        {{ pick('change_log_21d', 'fred.DTWEXBGS') }} as dollar_change_log_21d,
        {{ pick('change_log_63d', 'fred.DTWEXBGS') }} as dollar_change_log_63d,
        {{ pick('change_log_252d', 'fred.DTWEXBGS') }} as dollar_change_log_252d,
        {{ pick('age_days', 'fred.DTWEXBGS') }} as dollar_age_days,
        {{ pick('value', 'fred.DEXBZUS') }} as brl_per_usd,
        {{ pick('change_log_21d', 'fred.DEXBZUS') }} as brl_change_log_21d,
        {{ pick('change_log_63d', 'fred.DEXBZUS') }} as brl_change_log_63d,
        {{ pick('volatility_pct_21d', 'fred.DEXBZUS') }} as brl_volatility_pct_21d,
        {{ pick('volatility_pct_63d', 'fred.DEXBZUS') }} as brl_volatility_pct_63d,
        {{ pick('age_days', 'fred.DEXBZUS') }} as brl_age_days
    from rates_as_known
    group by as_of_date
),

oil_prices as (
    select
        sessions.as_of_date,
        sessions.session_index,
        oil.return_log_21d as oil_return_log_21d,
        rates.brl_per_usd,
        lag(rates.brl_per_usd, 21) over (order by sessions.session_index) as brl_per_usd_before,
        {{ oil_brl_per_t('sessions.close_cents_per_lb', 'rates.brl_per_usd') }} as oil_brl_per_t
    from sessions
    left join oil on sessions.as_of_date = oil.as_of_date and sessions.as_of_date = oil.trade_date
    left join rates on sessions.as_of_date = rates.as_of_date
),

oil_windows as (
    select
        *,
        {{ trailing('oil_brl_per_t', 252, 'session_index') }} as oil_brl_per_t_252
    from oil_prices
),

result as (
    select
        oil_windows.as_of_date,
        rates.dollar_change_log_21d,
        rates.dollar_change_log_63d,
        rates.dollar_change_log_252d,
        rates.dollar_age_days,
        rates.brl_change_log_21d,
        rates.brl_change_log_63d,
        rates.brl_volatility_pct_21d,
        rates.brl_volatility_pct_63d,
        rates.brl_age_days,
        coupling.correlation_30d as brl_zl_correlation_30d,
        coupling.correlation_60d as brl_zl_correlation_60d,
        coupling.correlation_90d as brl_zl_correlation_90d,
        {{ zscore('oil_windows.oil_brl_per_t', 'oil_windows.oil_brl_per_t_252', 252) }} as oil_brl_zscore_252d,
        -- the oil part is roll-neutral: the price of one contract, carried, in reais
        oil_windows.oil_return_log_21d
        + {{ log_change('oil_windows.brl_per_usd', 'oil_windows.brl_per_usd_before') }} as oil_brl_change_log_21d
    from oil_windows
    left join rates on oil_windows.as_of_date = rates.as_of_date
    left join coupling on oil_windows.as_of_date = coupling.as_of_date
)

select * from result
