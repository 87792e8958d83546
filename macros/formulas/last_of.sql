{#- The last `n` entries of a list (all of them if it is shorter). -#}
{% macro last_of(values, n) -%}
    list_slice({{ values }}, greatest(len({{ values }}) - {{ n - 1 }}, 1), len({{ values }}))
{%- endmacro %}
