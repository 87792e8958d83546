{#- 100 - 100 / (1 + gain / loss), written over one denominator; NULL when nothing moved. -#}
{% macro rsi(mean_gain, mean_loss) -%}
    (100 * {{ mean_gain }} / nullif({{ mean_gain }} + {{ mean_loss }}, 0))
{%- endmacro %}
