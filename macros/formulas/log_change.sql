{#- ln(value / previous); NULL where either is not positive (crude has traded below zero). -#}
{% macro log_change(value, previous) -%}
    (case when ({{ value }}) > 0 and ({{ previous }}) > 0 then ln(({{ value }}) / ({{ previous }})) end)
{%- endmacro %}
