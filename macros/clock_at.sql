{#- What "now" means for freshness, UTC: var `clock`; else the close of `as_of`; else, where the landing is
    synthetic, its newest delivery; else the real clock. A hook, which may not call ref, names the two tables. -#}
{% macro clock_at(bars=none, calendar=none) -%}
    {#- named before anything is known of the files: dbt collects refs then -#}
    {%- set bars = bars or ref('raw_databento__ohlcv_1d') -%}
    {%- set calendar = calendar or ref('trading_calendar') -%}
    {%- if var('clock', '') -%}
        '{{ var("clock") }}'::timestamp
    {%- elif var('as_of', '') -%}
        (select close_at from {{ calendar }} where trade_date = '{{ var("as_of") }}'::date)
    {%- elif is_synthetic() -%}
        (select max(ingested_at) from {{ bars }})
    {%- else -%}
        (now() at time zone 'UTC')
    {%- endif -%}
{%- endmacro %}
