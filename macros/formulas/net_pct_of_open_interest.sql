{#- Net position in per cent of open interest: 100 * (long - short) / open interest. -#}
{% macro net_pct_of_open_interest(long, short, open_interest) -%}
    (100.0 * ({{ long }} - {{ short }}) / nullif({{ open_interest }}, 0))
{%- endmacro %}
