{#- USD per gallon of biodiesel from soybean oil, before tax credits and processing: 1.5 D4 RINs a gallon. -#}
{% macro blend_margin(heating_oil, d4_usd_per_rin, oil) -%}
    ({{ heating_oil }} + 1.5 * {{ d4_usd_per_rin }} - 7.5 * {{ oil }} / 100)
{%- endmacro %}
