{#- Values of several columns outside their [low, high], NaN included; NULL is no value. One test where a column each would do. -#}
{% test all_within_bounds(model, key, bounds) %}
{% for column, limits in bounds.items() %}
select
    {{ key }},
    '{{ column }}' as column_name,
    {{ column }}::double as value
from {{ model }}
where isnan({{ column }}::double) or {{ column }} < {{ limits[0] }} or {{ column }} > {{ limits[1] }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
