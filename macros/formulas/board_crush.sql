{#- USD per bushel. Meal in USD per short ton, oil in cents per lb, beans in cents per bu: a 60 lb bushel gives 44 lb of meal and 11 lb of oil. -#}
{% macro board_crush(meal, oil, bean) -%}
    ((2.2 * {{ meal }} + 11 * {{ oil }} - {{ bean }}) / 100)
{%- endmacro %}
