{#- USD per metric ton by which soybean oil (cents per lb) stands above palm oil (USD per t). 1 cent per lb = 22.0462 USD per t. -#}
{% macro palm_spread(oil, palm_usd_per_t) -%}
    ({{ oil }} * 22.0462 - {{ palm_usd_per_t }})
{%- endmacro %}
