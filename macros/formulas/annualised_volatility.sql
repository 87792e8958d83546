{#- Per cent a year: sd (ddof 1) of the last `n` daily log returns, times the root of 252; NULL below half the window. -#}
{% macro annualised_volatility(returns, n) -%}
    (case
        when 2 * list_count({{ returns }}) >= {{ n }}
            then 100 * list_stddev_samp({{ returns }}) * sqrt(252)
    end)
{%- endmacro %}
