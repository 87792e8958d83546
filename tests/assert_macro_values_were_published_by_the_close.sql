-- Read from the other end: of the periods published after a session's close none may be as young as the age the session
-- shows. Catches a join on the observation date, and COT known on the Tuesday it describes.
{{ config(tags=['dq_consistency', 'features']) }}
with aged as (
    {%- for age, series_id in {
        'cot_zl_age_days': 'cftc.ZL', 'dollar_age_days': 'fred.DTWEXBGS', 'vix_age_days': 'fred.VIXCLS or cboe.VIX',
        'curve_age_days': 'fred.T10Y2Y', 'nfci_age_days': 'fred.NFCI', 'cpi_age_days': 'fred.CPIAUCSL',
        'policy_uncertainty_age_days': 'fred.USEPUINDXD', 'oil_stocks_age_days': 'nass.oil_stock_1000lb'
    }.items() %}
    select
        as_of_date,
        as_of_at,
        '{{ series_id }}' as series_id,
        as_of_date - {{ age }}::integer as period_date
    from {{ ref('daily_ml_matrix') }}
    where {{ age }} is not null
    {{ 'union all' if not loop.last }}
    {%- endfor %}
)

-- a value that two sources carry was public once the first of them had it
select
    aged.as_of_date,
    aged.series_id,
    aged.period_date,
    min(series.published_at) as published_at
from aged
inner join {{ ref('int_series__editions') }} as series
    on list_contains(string_split(aged.series_id, ' or '), series.series_id) and aged.period_date = series.period_date
group by aged.as_of_date, aged.as_of_at, aged.series_id, aged.period_date
having min(series.published_at) > aged.as_of_at
