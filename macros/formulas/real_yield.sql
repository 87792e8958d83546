{#- Nominal yield less breakeven inflation, both in per cent; may be negative. -#}
{% macro real_yield(nominal, breakeven) -%}
    ({{ nominal }} - {{ breakeven }})
{%- endmacro %}
