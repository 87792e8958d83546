{#- Quantile (pinball) loss of one forecast: max(level * e, (level - 1) * e) with e = actual - forecast; in the unit of both. -#}
{% macro pinball(actual, forecast, level) -%}
    greatest({{ level }} * ({{ actual }} - {{ forecast }}), ({{ level }} - 1) * ({{ actual }} - {{ forecast }}))
{%- endmacro %}
