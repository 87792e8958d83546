{#- max(high - low, |high - previous|, |low - previous|); `previous` is the close of the same contract: NULL on a roll day, and
    then only the day's own range counts (greatest() skips NULL). -#}
{% macro true_range(high, low, previous_close) -%}
    greatest({{ high }} - {{ low }}, abs({{ high }} - {{ previous_close }}), abs({{ low }} - {{ previous_close }}))
{%- endmacro %}
