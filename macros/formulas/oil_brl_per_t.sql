{#- Soybean oil (cents per lb) in reais per metric ton; `brl_per_usd` is DEXBZUS, not the 6L future, which is its reciprocal. -#}
{% macro oil_brl_per_t(oil, brl_per_usd) -%}
    ({{ oil }} * 22.0462 * {{ brl_per_usd }})
{%- endmacro %}
