{%- set source_tables = [
    'databento.ohlcv_1d', 'fred.observations', 'eia.series', 'epa.rin_prices', 'usda.export_sales', 'usda.nass_crush',
    'usda.wasde', 'cftc.cot_legacy', 'cftc.cot_disaggregated', 'eia.feedstocks',
    'farm_policy_news.articles', 'farmdoc_daily.articles', 'cboe.vix_1d',
    'refinitiv_quotes.daily', 'policy_uncertainty.monthly', 'imf.commodity_prices'
] -%}
with

ages as (

    {% for source_table in source_tables %}
    select * from ({{ freshness(source_table) }})
    {{ 'union all' if not loop.last }}
    {%- endfor %}

),

result as (

    select
        split_part(source_table, '.', 1) as source,
        source_table,
        quality_group,
        item,
        newest_date,
        next_release_at,
        measured,
        alarm_when,
        warn_limit,
        error_limit,
        alarm,
        case
            when newest_date is null then 'never delivered'
            when alarm = 0 then 'fine'
            when measured < -1 then 'after the clock'
            when alarm = 1 then 'late'
            else 'stale'
        end as release_status
    from ages

)

select * from result
order by source_table, quality_group, item
