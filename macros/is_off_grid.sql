{#- True when a price is no multiple of its tick. -#}
{% macro is_off_grid(price, tick) -%}
    abs({{ price }} / {{ tick }} - round({{ price }} / {{ tick }})) > 1e-6
{%- endmacro %}
