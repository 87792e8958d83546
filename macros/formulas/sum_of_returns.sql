{#- Return over a whole window of `n` log returns; NULL if any of them is (a first day, a non-positive price). -#}
{% macro sum_of_returns(returns, n) -%}
    (case when list_count({{ returns }}) = {{ n }} then list_sum({{ returns }}) end)
{%- endmacro %}
