{#- Pounds of oil per bushel crushed. Oil in 1000 lb, soybeans in short tons; a bushel weighs 60 lb. -#}
{% macro oil_yield(oil_1000lb, crushed_short_tons) -%}
    ({{ oil_1000lb }} * 1000.0 / nullif({{ crushed_short_tons }} * 2000.0 / 60, 0))
{%- endmacro %}
