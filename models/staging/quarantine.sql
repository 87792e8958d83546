{{ config(meta={'served': true}) }}

with

refused as (

    select
        'databento.ohlcv_1d' as source_table,
        concat_ws(' ', symbol, trade_date) as key_text,
        trade_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_databento_ohlcv_1d__versions') }}
    where quarantine_reason is not null

    union all

    select
        'fred.observations' as source_table,
        concat_ws(' ', series_id, observation_date) as key_text,
        observation_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_fred_observations__versions') }}
    where quarantine_reason is not null

    union all

    select
        'cboe.vix_1d' as source_table,
        concat_ws(' ', trade_date) as key_text,
        trade_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_cboe_vix_1d__versions') }}
    where quarantine_reason is not null

    union all

    select
        'eia.series' as source_table,
        concat_ws(' ', series_id, period_date) as key_text,
        period_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_eia_series__versions') }}
    where quarantine_reason is not null

    union all

    select
        'epa.rin_prices' as source_table,
        concat_ws(' ', d_code, qap_type, rin_year, transfer_year, week_start_date) as key_text,
        week_start_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_epa_rin_prices__versions') }}
    where quarantine_reason is not null

    union all

    select
        'usda.export_sales' as source_table,
        concat_ws(' ', commodity, country, marketing_year, week_ending_date) as key_text,
        week_ending_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_usda_export_sales__versions') }}
    where quarantine_reason is not null

    union all

    select
        'usda.nass_crush' as source_table,
        concat_ws(' ', month_start_date) as key_text,
        month_start_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_usda_nass_crush__versions') }}
    where quarantine_reason is not null

    union all

    select
        'usda.wasde' as source_table,
        concat_ws(' ', attribute, marketing_year, release_date) as key_text,
        release_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_usda_wasde__versions') }}
    where quarantine_reason is not null

    union all

    select
        'cftc.cot_legacy' as source_table,
        concat_ws(' ', cftc_contract_code, report_date) as key_text,
        report_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_cftc_cot_legacy__versions') }}
    where quarantine_reason is not null

    union all

    select
        'refinitiv_quotes.daily' as source_table,
        concat_ws(' ', ric, quote_date) as key_text,
        quote_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_refinitiv_quotes_daily__versions') }}
    where quarantine_reason is not null

    union all

    select
        'policy_uncertainty.monthly' as source_table,
        concat_ws(' ', category, month_start_date) as key_text,
        month_start_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_policy_uncertainty_monthly__versions') }}
    where quarantine_reason is not null

    union all

    select
        'imf.commodity_prices' as source_table,
        concat_ws(' ', commodity, month_start_date) as key_text,
        month_start_date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_imf_commodity_prices__versions') }}
    where quarantine_reason is not null

    union all

    select
        'farm_policy_news.articles' as source_table,
        concat_ws(' ', url, published_at::date) as key_text,
        published_at::date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_farm_policy_news_articles__versions') }}
    where quarantine_reason is not null

    union all

    select
        'farmdoc_daily.articles' as source_table,
        concat_ws(' ', url, published_at::date) as key_text,
        published_at::date as observed_date,
        quarantine_reason,
        ingested_at,
        _file as file
    from {{ ref('int_farmdoc_daily_articles__versions') }}
    where quarantine_reason is not null

)

select * from refused
order by all
