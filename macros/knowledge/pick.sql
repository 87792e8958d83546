{#- One series' value out of a long frame with one row per session and series, inside `group by as_of_date`. -#}
{% macro pick(column, series_id) -%}
    max({{ column }}) filter (where series_id = '{{ series_id }}')
{%- endmacro %}
