{#- (bullish - bearish) / all articles, -1 .. 1; NULL without articles, which is not a neutral tone. -#}
{% macro net_tone(n_bullish, n_bearish, n_articles) -%}
    (({{ n_bullish }} - {{ n_bearish }}) / nullif({{ n_articles }}, 0)::double)
{%- endmacro %}
