{#- Mean percentile of the available components; NULL if fewer than half of those listed are available. -#}
{% macro bucket_score(mean_percentile, n_available, n_listed) -%}
    (case when 2 * {{ n_available }} >= {{ n_listed }} then {{ mean_percentile }} end)
{%- endmacro %}
