{#- UTC instant of a local clock time on a day: daylight saving is right once, here.
    known_at('report_date', "'15:30'", "'America/New_York'") -#}
{% macro known_at(date, time, time_zone) -%}
    timezone('UTC', timezone({{ time_zone }}, ({{ date }})::date + ({{ time }})::time))
{%- endmacro %}
