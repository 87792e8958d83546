{#- True when one of the numbers is NaN, infinite, or so near to 0 that dividing it gives 0, of which there is no logarithm. -#}
{% macro is_not_finite(columns) -%}
    ({% for column in columns %}(isnan({{ column }}) or isinf({{ column }}) or ({{ column }} != 0 and abs({{ column }}) < 1e-300)){{ ' or ' if not loop.last }}{% endfor %})
{%- endmacro %}
