{#- 1 above the 90th percentile, -1 below the 10th, 0 between; NULL if the percentile is. -#}
{% macro extreme(percentile) -%}
    (case
        when {{ percentile }} > 90 then 1.0
        when {{ percentile }} < 10 then -1.0
        when {{ percentile }} is not null then 0.0
    end)::double
{%- endmacro %}
