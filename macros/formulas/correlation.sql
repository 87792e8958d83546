{#- Pearson correlation of two lists of log returns without NULLs, pair by pair; NULL below half the window of `n`, or if
    either has no spread. Written with sums of products: returns lie around zero, so nothing cancels. -#}
{% macro correlation(left, right, n) -%}
    (case
        when
            2 * len({{ left }}) >= {{ n }}
            and list_min({{ left }}) < list_max({{ left }}) and list_min({{ right }}) < list_max({{ right }})
            then
                (
                    len({{ left }}) * list_inner_product({{ left }}, {{ right }})
                    - list_sum({{ left }}) * list_sum({{ right }})
                ) / sqrt(
                    (len({{ left }}) * list_inner_product({{ left }}, {{ left }}) - list_sum({{ left }}) ** 2)
                    * (len({{ left }}) * list_inner_product({{ right }}, {{ right }}) - list_sum({{ right }}) ** 2)
                )
    end)
{%- endmacro %}
