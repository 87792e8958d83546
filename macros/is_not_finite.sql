{#- True when one of the numbers is NaN or infinite. -#}
{% macro is_not_finite(columns) -%}
    ({% for column in columns %}(isnan({{ column }}) or isinf({{ column }})){{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}
