{#- 1 above 60, -1 below 40, 0 between; NULL without a score. -#}
{% macro score_direction(score) -%}
    (case when {{ score }} > 60 then 1 when {{ score }} < 40 then -1 when {{ score }} is not null then 0 end)
{%- endmacro %}
