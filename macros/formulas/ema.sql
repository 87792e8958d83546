{#- Exponential mean along a list, alpha = 2 / (n + 1), started at its first value. NULL below `n` values. -#}
{% macro ema(values, n) -%}
    (case
        when list_count({{ values }}) >= {{ n }}
            then list_reduce({{ values }}, lambda mean, latest: mean + (latest - mean) * 2 / {{ n + 1 }})
    end)
{%- endmacro %}
