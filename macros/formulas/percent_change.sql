{#- 100 * (value - previous) / previous. -#}
{% macro percent_change(value, previous) -%}
    (100 * (({{ value }}) - ({{ previous }})) / nullif({{ previous }}, 0))
{%- endmacro %}
