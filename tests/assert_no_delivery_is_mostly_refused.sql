-- Of one file and one series more than 5 % (and at least 5 rows) refused for anything but thin volume: the delivery is broken
-- (prices times 100, shifted dates, another unit), and nothing is built on what is left of it.
{{ config(tags=['dq_validity']) }}
{%- set query %}
with delivered as (

    select 'databento.ohlcv_1d' as source_table, symbol as series, _file, quarantine_reason
    from {{ ref('int_databento_ohlcv_1d__versions') }}
    union all
    select 'fred.observations', series_id, _file, quarantine_reason
    from {{ ref('int_fred_observations__versions') }}
    union all
    select 'cboe.vix_1d', 'VIX', _file, quarantine_reason
    from {{ ref('int_cboe_vix_1d__versions') }}
    union all
    select 'eia.series', series_id, _file, quarantine_reason
    from {{ ref('int_eia_series__versions') }}
    union all
    select 'epa.rin_prices', d_code, _file, quarantine_reason
    from {{ ref('int_epa_rin_prices__versions') }}
    union all
    select 'usda.export_sales', country, _file, quarantine_reason
    from {{ ref('int_usda_export_sales__versions') }}
    union all
    select 'usda.nass_crush', 'crush', _file, quarantine_reason
    from {{ ref('int_usda_nass_crush__versions') }}
    union all
    select 'usda.wasde', attribute, _file, quarantine_reason
    from {{ ref('int_usda_wasde__versions') }}
    union all
    select 'cftc.cot_legacy', cftc_contract_code, _file, quarantine_reason
    from {{ ref('int_cftc_cot_legacy__versions') }}
    union all
    select 'refinitiv_quotes.daily', ric, _file, quarantine_reason
    from {{ ref('int_refinitiv_quotes_daily__versions') }}
    union all
    select 'policy_uncertainty.monthly', category, _file, quarantine_reason
    from {{ ref('int_policy_uncertainty_monthly__versions') }}
    union all
    select 'imf.commodity_prices', commodity, _file, quarantine_reason
    from {{ ref('int_imf_commodity_prices__versions') }}
    union all
    select 'farm_policy_news.articles', source, _file, quarantine_reason
    from {{ ref('int_farm_policy_news_articles__versions') }}
    union all
    select 'farmdoc_daily.articles', source, _file, quarantine_reason
    from {{ ref('int_farmdoc_daily_articles__versions') }}

)

select
    source_table,
    series,
    _file as file,
    count(*) as n_rows,
    count(*) filter (where quarantine_reason != 'wrong_contract_volume') as n_refused,
    mode(quarantine_reason) as usual_reason
from delivered
-- what we have no rule for is refused row by row, and told by its own test
where quarantine_reason is null or quarantine_reason not in ('unknown_symbol', 'unknown_series', 'unknown_contract')
group by all
having n_refused >= 5 and n_refused > 0.05 * n_rows
{%- endset %}
{{ told(query) }}
