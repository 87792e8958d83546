{#- Per cent a year from a list of squared log ranges ln(high / low)^2 (Parkinson 1980); NULL below half the window. -#}
{% macro parkinson(squared_log_ranges, n) -%}
    (case
        when 2 * list_count({{ squared_log_ranges }}) >= {{ n }}
            then 100 * sqrt(list_avg({{ squared_log_ranges }}) / (4 * ln(2))) * sqrt(252)
    end)
{%- endmacro %}
