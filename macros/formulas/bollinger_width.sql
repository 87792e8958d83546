{#- Distance of the two bands over their mean. -#}
{% macro bollinger_width(mean, sd) -%}
    (4 * {{ sd }} / nullif({{ mean }}, 0))
{%- endmacro %}
