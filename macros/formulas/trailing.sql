{#- List of the last `n` rows' values of an expression, today's last: the only kind of window the features use,
    because aggregates over a list run in a fixed order and give the same bits in every build. -#}
{% macro trailing(value, n, order_by, partition_by=none) -%}
    list({{ value }}) over (
        {%- if partition_by %} partition by {{ partition_by }}{% endif %} order by {{ order_by }}
        rows between {{ n - 1 }} preceding and current row
    )
{%- endmacro %}
