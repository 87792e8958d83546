{#- What "now" means for freshness, UTC: var `clock`; else the close of `as_of`; else the newest delivery of the bundled
    sample; else the real clock. -#}
{% macro clock_at() -%}
    {%- if var('clock', '') -%}
        '{{ var("clock") }}'::timestamp
    {%- elif var('as_of', '') -%}
        (select close_at from {{ ref('trading_calendar') }} where trade_date = '{{ var("as_of") }}'::date)
    {%- elif (var('landing') | string).rstrip('/') == 'landing/sample' -%}
        (select max(ingested_at) from {{ ref('raw_databento__ohlcv_1d') }})
    {%- else -%}
        (now() at time zone 'UTC')
    {%- endif -%}
{%- endmacro %}
