{#- True when one of the columns is null. -#}
{% macro is_missing(columns) -%}
    ({% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}
