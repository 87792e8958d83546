{#- Wilder's running mean along a list: the plain mean of its first `n`, then ((n - 1) * mean + value) / n. NULL below `n` values. -#}
{% macro wilder_mean(values, n) -%}
    (case
        when list_count({{ values }}) >= {{ n }}
            then list_reduce(
                list_concat(
                    [list_avg(list_slice({{ values }}, 1, {{ n }}))],
                    list_slice({{ values }}, {{ n + 1 }}, len({{ values }}))
                ),
                lambda mean, latest: ({{ n - 1 }} * mean + latest) / {{ n }}
            )
    end)
{%- endmacro %}
