{#- 100 * (value / previous - 1). -#}
{% macro percent_change(value, previous) -%}
    (100 * (({{ value }}) / nullif({{ previous }}, 0) - 1))
{%- endmacro %}
