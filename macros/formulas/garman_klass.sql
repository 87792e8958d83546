{#- Variance of one day from its open, high, low and close (Garman and Klass 1980); it does not see the overnight gap. -#}
{% macro garman_klass(open, high, low, close) -%}
    (case
        when {{ open }} > 0 and {{ low }} > 0 and {{ close }} > 0
            then 0.5 * ln({{ high }} / {{ low }}) ** 2 - (2 * ln(2) - 1) * ln({{ close }} / {{ open }}) ** 2
    end)
{%- endmacro %}
