{#- USD per barrel: one barrel of ULSD (USD per gallon) against one of crude. -#}
{% macro ho_crack(heating_oil, crude) -%}
    (42 * {{ heating_oil }} - {{ crude }})
{%- endmacro %}
