-- A file that changes more than 5 % (and at least 5) of a series its publisher does not revise is no correction: shifted
-- dates, another unit, another contract. Nothing is built on it.
{{ config(tags=['dq_accuracy']) }}
{%- set query %}
with delivered as (

    select 'databento.ohlcv_1d' as source_table, symbol as series, _file, version_number
    from {{ ref('int_databento_ohlcv_1d__versions') }}
    where quarantine_reason is distinct from 'missing_key'
    union all
    select 'fred.observations', fred.series_id, fred._file, fred.version_number
    from {{ ref('int_fred_observations__versions') }} as fred
    inner join {{ ref('fred_series') }} as fred_series on fred.series_id = fred_series.series_id and not fred_series.is_revised
    where fred.quarantine_reason is distinct from 'missing_key'
    union all
    select 'cboe.vix_1d', 'VIX', _file, version_number
    from {{ ref('int_cboe_vix_1d__versions') }}
    where quarantine_reason is distinct from 'missing_key'
    union all
    select 'eia.series', series_id, _file, version_number
    from {{ ref('int_eia_series__versions') }}
    where quarantine_reason is distinct from 'missing_key'
    union all
    select 'usda.export_sales', country, _file, version_number
    from {{ ref('int_usda_export_sales__versions') }}
    where quarantine_reason is distinct from 'missing_key'
    union all
    select 'usda.wasde', attribute, _file, version_number
    from {{ ref('int_usda_wasde__versions') }}
    where quarantine_reason is distinct from 'missing_key'
    union all
    select 'cftc.cot_legacy', cftc_contract_code, _file, version_number
    from {{ ref('int_cftc_cot_legacy__versions') }}
    where quarantine_reason is distinct from 'missing_key'
    union all
    select 'refinitiv_quotes.daily', ric, _file, version_number
    from {{ ref('int_refinitiv_quotes_daily__versions') }}
    where quarantine_reason is distinct from 'missing_key'

)

select
    source_table,
    series,
    _file as file,
    count(*) as n_rows,
    count(*) filter (where version_number > 1) as n_rewritten
from delivered
group by all
having n_rewritten >= 5 and n_rewritten > 0.05 * n_rows
{%- endset %}
{{ told(query) }}
