{#- (x - mean) / sd (ddof 1) of a trailing list of `n` that ends with x; NULL below half the window or without any spread. -#}
{% macro zscore(value, values, n) -%}
    (case
        when 2 * list_count({{ values }}) >= {{ n }} and list_min({{ values }}) < list_max({{ values }})
            then ({{ value }} - list_avg({{ values }})) / list_stddev_samp({{ values }})
    end)
{%- endmacro %}
