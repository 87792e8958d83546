{#- Share of oil in the value of a crushed bushel. Meal in USD per short ton, oil in cents per lb. -#}
{% macro oil_share(meal, oil) -%}
    (11 * {{ oil }} / nullif(11 * {{ oil }} + 2.2 * {{ meal }}, 0))
{%- endmacro %}
