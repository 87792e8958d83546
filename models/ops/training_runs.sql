{%- set raw_tables = [
    ref('raw_databento__ohlcv_1d'), ref('raw_fred__observations'), ref('raw_cboe__vix_1d'), ref('raw_eia__series'),
    ref('raw_epa__rin_prices'), ref('raw_usda__export_sales'), ref('raw_usda__nass_crush'), ref('raw_usda__wasde'),
    ref('raw_cftc__cot_legacy'), ref('raw_refinitiv_quotes__daily'), ref('raw_policy_uncertainty__monthly'),
    ref('raw_imf__commodity_prices'), ref('raw_farm_policy_news__articles'), ref('raw_farmdoc_daily__articles'),
    ref('raw_eia__feedstocks'), ref('raw_cftc__cot_disaggregated')
] -%}
with delivered_files as (

    {% for raw_table in raw_tables %}
    select distinct _file, _file_hash
    from {{ raw_table }}
    {% if not loop.last %}union all{% endif %}
    {% endfor %}

),

sessions as (

    select * from {{ ref('int_zl__sessions') }}

),

data_fingerprint as (

    select
        md5(string_agg(_file || ' ' || _file_hash, chr(10) order by _file)) as data_fingerprint,
        count(*) as n_files
    from delivered_files

),

-- A run is its data, its switches and its code, never a clock: the same three give the same run.
runs as (

    select
        md5(concat_ws(
            ' ', data_fingerprint.data_fingerprint, zl_code_fingerprint(), '{{ var("effort") }}', '{{ var("as_of") }}'
        ))[:12] as run_id,
        {{ data_origin() }} as data_origin,
        '{{ var("landing") }}' as landing,
        '{{ var("effort") }}' as effort,
        nullif('{{ var("as_of") }}', '')::date as knowledge_cut_date,
        data_fingerprint.data_fingerprint,
        zl_code_fingerprint() as code_fingerprint,
        data_fingerprint.n_files,
        (select count(*) from sessions) as n_sessions,
        (select min(as_of_date) from sessions) as first_as_of_date,
        (select max(as_of_date) from sessions) as last_as_of_date
    from data_fingerprint

)

select * from runs
