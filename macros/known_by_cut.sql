{#- True for what is known at the cut: the close of the session `as_of`, or everything without one. -#}
{% macro known_by_cut(instant) -%}
    {%- if var('as_of', '') -%}
        {{ instant }} <= (select close_at from {{ ref('trading_calendar') }} where trade_date = '{{ var("as_of") }}'::date)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}
