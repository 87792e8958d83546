{#- Commitments against the mean of the same marketing week in past years (a list, at most five), minus one. -#}
{% macro commitments_pace(commitments, past_commitments) -%}
    ({{ commitments }} / nullif(list_avg({{ past_commitments }}), 0) - 1)
{%- endmacro %}
