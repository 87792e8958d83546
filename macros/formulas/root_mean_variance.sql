{#- Per cent a year from a list of daily variances: the root of their mean times the root of 252; NULL below half the window. -#}
{% macro root_mean_variance(variances, n) -%}
    (case
        when 2 * list_count({{ variances }}) >= {{ n }}
            then 100 * sqrt(list_avg({{ variances }})) * sqrt(252)
    end)
{%- endmacro %}
