{#- Bean oil over heating oil, USD per gallon: 7.5 lb of oil (cents per lb) make a gallon of fuel feed. -#}
{% macro boho(oil, heating_oil) -%}
    (7.5 * {{ oil }} / 100 - {{ heating_oil }})
{%- endmacro %}
