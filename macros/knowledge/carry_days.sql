{#- How long a value may stand in for today's before its series counts as ended: days between its period and the session. About
    twice the error age of the source; a shutdown's delay (57 days for the commitments of traders in 2025) still passes. EPA renews
    its weekly prices once a month, and a WASDE counts from the day it came out. -#}
{% macro carry_days(frequency) -%}
    {{ {'daily': 30, 'weekly': 90, 'epa': 150, 'wasde': 90, 'monthly': 200, 'quarterly': 400}[frequency] }}
{%- endmacro %}
