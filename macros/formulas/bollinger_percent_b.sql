{#- Place of the value between the bands mean -/+ 2 sd: 0 at the lower, 1 at the upper. -#}
{% macro bollinger_percent_b(value, mean, sd) -%}
    (({{ value }} - ({{ mean }} - 2 * {{ sd }})) / nullif(4 * {{ sd }}, 0))
{%- endmacro %}
