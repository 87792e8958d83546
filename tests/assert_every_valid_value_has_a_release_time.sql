-- Valid rows whose time of publication is unknown could enter any forecast: there are none.
{{ config(tags=['dq_timeliness']) }}
{%- set relations = [
    'databento_ohlcv_1d', 'fred_observations', 'cboe_vix_1d', 'eia_series', 'epa_rin_prices', 'usda_export_sales',
    'usda_nass_crush', 'usda_wasde', 'cftc_cot_legacy', 'refinitiv_quotes_daily', 'policy_uncertainty_monthly',
    'imf_commodity_prices', 'farm_policy_news_articles', 'farmdoc_daily_articles'
] %}
-- depends_on: {{ ref('int_databento_ohlcv_1d__versions') }}
{% for relation in relations %}
select
    '{{ relation }}' as relation,
    count(*) as n_rows
from {{ ref('int_' ~ relation ~ '__versions') }}
where quarantine_reason is null and (published_at is null or known_at is null or known_at < published_at)
having count(*) > 0
{{ 'union all' if not loop.last }}
{% endfor %}
