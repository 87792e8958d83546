{{ config(meta={'served': true}) }}
{#- Each delivered table with the key of its rows; the date a row describes comes last. -#}
{%- set keys = {
    'databento.ohlcv_1d': ['symbol', 'trade_date'],
    'fred.observations': ['series_id', 'observation_date'],
    'cboe.vix_1d': ['trade_date'],
    'eia.series': ['series_id', 'period_date'],
    'eia.feedstocks': ['series_id', 'month_start_date'],
    'epa.rin_prices': ['d_code', 'qap_type', 'rin_year', 'transfer_year', 'week_start_date'],
    'usda.export_sales': ['commodity', 'country', 'marketing_year', 'week_ending_date'],
    'usda.nass_crush': ['month_start_date'],
    'usda.wasde': ['attribute', 'marketing_year', 'release_date'],
    'cftc.cot_legacy': ['cftc_contract_code', 'report_date'],
    'cftc.cot_disaggregated': ['cftc_contract_code', 'report_date'],
    'refinitiv_quotes.daily': ['ric', 'quote_date'],
    'policy_uncertainty.monthly': ['category', 'month_start_date'],
    'imf.commodity_prices': ['commodity', 'month_start_date'],
    'farm_policy_news.articles': ['url', 'published_at::date'],
    'farmdoc_daily.articles': ['url', 'published_at::date'],
} %}
with

refused as (

    {% for source_table, key in keys.items() %}
    select
        '{{ source_table }}' as source_table,
        concat_ws(' ', {{ key | join(', ') }}) as key_text,
        {{ key | last }} as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_' ~ source_table | replace('.', '_') ~ '__versions') }}
    where quarantine_reason is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}

)

select * from refused
order by all
