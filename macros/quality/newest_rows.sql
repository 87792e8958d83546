{#- The newest date of every series of a landing table: quality_group (rows that share a limit), item, release_rule,
    newest_date. A series is judged by itself: one root that falls silent does not hide behind the others. A bar refused as a
    matter of routine came all the same. -#}
{% macro newest_rows(source_table) -%}
{%- if source_table == 'databento.ohlcv_1d' %}
    select
        if(bars.symbol = 'ZL', 'ZL', 'others') as quality_group,
        bars.symbol as item,
        symbols.release_rule,
        max(bars.trade_date) as newest_date
    from {{ ref('int_databento_ohlcv_1d__versions') }} as bars
    inner join {{ ref('symbols') }} as symbols on bars.symbol = symbols.symbol
    left join {{ ref('quarantine_reasons') }} as reasons on bars.quarantine_reason = reasons.quarantine_reason
    where
        (bars.quarantine_reason is null or reasons.is_routine)
        and not list_contains({{ learning_param('volatility', 'excluded_roots') }}, bars.symbol)
    group by all
{%- elif source_table == 'fred.observations' %}
    select
        case
            when series.release_rule = 'fred_h10' then 'h10'
            when series.release_rule = 'fred_spot' then 'spot'
            when series.series_id in ('CPIAUCSL', 'UNRATE', 'PAYEMS') then 'monthly_headline'
            else series.frequency
        end as quality_group,
        observations.series_id as item,
        series.release_rule,
        max(observations.observation_date) as newest_date
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where series.is_active and observations.value is not null
    group by all
{%- elif source_table == 'eia.series' %}
    select
        series.frequency as quality_group,
        observations.series_id as item,
        series.release_rule,
        max(observations.period_date) as newest_date
    from {{ ref('stg_eia__series') }} as observations
    inner join {{ ref('eia_series') }} as series on observations.series_id = series.series_id
    where observations.value is not null
    group by all
{%- elif source_table in ['farm_policy_news.articles', 'farmdoc_daily.articles'] %}
    {#- a quiet week of one feed is ordinary, one of both is not -#}
    select
        'feed' as quality_group,
        '{{ source_table.split('.')[0] }}' as item,
        'news' as release_rule,
        max(published_at)::date as newest_date
    from {{ ref('stg_' ~ source_table.split('.')[0] ~ '__articles') }}
    having count(*) > 0
    union all
    select
        'both feeds',
        'both feeds',
        'news',
        max(published_at)::date
    from (
        select published_at from {{ ref('stg_farm_policy_news__articles') }}
        union all
        select published_at from {{ ref('stg_farmdoc_daily__articles') }}
    )
    having count(*) > 0
{%- else %}
    {%- set table, item, date_column, release_rule = {
        'cboe.vix_1d': ('stg_cboe__vix_1d', "'VIX'", 'trade_date', 'cboe_vix'),
        'eia.feedstocks': ('stg_eia__feedstocks', 'series_id', 'month_start_date', 'eia_feedstocks'),
        'cftc.cot_disaggregated': ('stg_cftc__cot_disaggregated', 'cftc_contract_code', 'report_date', 'cftc_cot'),
        'cftc.cot_legacy': ('stg_cftc__cot_legacy', 'cftc_contract_code', 'report_date', 'cftc_cot'),
        'epa.rin_prices': ('stg_epa__rin_prices', 'd_code', 'week_start_date', 'epa_rin_prices'),
        'usda.export_sales': ('stg_usda__export_sales', "commodity", 'week_ending_date', 'usda_export_sales'),
        'usda.nass_crush': ('stg_usda__nass_crush', "'crush'", 'month_start_date', 'usda_nass_crush'),
        'usda.wasde': ('stg_usda__wasde', "'WASDE'", 'release_date', 'usda_wasde'),
        'refinitiv_quotes.daily': ('stg_refinitiv_quotes__daily', 'ric', 'quote_date', 'refinitiv_quotes'),
        'policy_uncertainty.monthly': ('stg_policy_uncertainty__monthly', 'category', 'month_start_date', 'policy_uncertainty'),
        'imf.commodity_prices': ('stg_imf__commodity_prices', 'commodity', 'month_start_date', 'imf_commodity_prices'),
    }[source_table] %}
    select
        'all' as quality_group,
        {{ item }} as item,
        '{{ release_rule }}' as release_rule,
        max({{ date_column }}) as newest_date
    from {{ ref(table) }}
    {%- if source_table == 'epa.rin_prices' %}
    {#- the price the features read, of the codes that trade every week; those of older RINs go on when the running year's end -#}
    where d_code in ('D4', 'D6') and qap_type = 'Unverified' and rin_year = transfer_year and transfer_year = year(week_start_date)
    {%- elif source_table.startswith('cftc.') %}
    {#- those the features read; others fall below the reporting threshold at times -#}
    where cftc_contract_code in (select cftc_contract_code from {{ ref('cot_contracts') }} where symbol in ('ZL', 'ZS', 'ZM', 'ZC'))
    {%- endif %}
    group by all
    having count(*) > 0
{%- endif %}
{%- endmacro %}
