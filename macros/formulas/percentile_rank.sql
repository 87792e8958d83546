{#- 100 * (n_below + 0.5 * n_equal) / n in a trailing list of `n` that ends with the value: ties count half, today is a tie
    with itself. NULL below half the window. -#}
{% macro percentile_rank(value, values, n) -%}
    (case
        when {{ value }} is not null and 2 * list_count({{ values }}) >= {{ n }}
            then
                100.0 * (
                    len(list_filter({{ values }}, lambda past: past < {{ value }}))
                    + 0.5 * len(list_filter({{ values }}, lambda past: past = {{ value }}))
                ) / list_count({{ values }})
    end)
{%- endmacro %}
