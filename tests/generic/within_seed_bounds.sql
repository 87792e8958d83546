{#- Values outside the bounds their series has in its seed (min_value, max_value), NaN included; NULL is no value. -#}
{% test within_seed_bounds(model, seed, key, column_names=['value'], bounds=['min_value', 'max_value']) %}
{% for column in column_names %}
select
    observed.{{ key }},
    '{{ column }}' as column_name,
    observed.{{ column }} as value
from {{ model }} as observed
left join {{ seed }} as limits on observed.{{ key }} = limits.{{ key }}
where
    limits.{{ key }} is null
    or isnan(observed.{{ column }}::double)
    or observed.{{ column }} < limits.{{ bounds[0] }}
    or observed.{{ column }} > limits.{{ bounds[1] }}
{{ 'union all' if not loop.last }}
{% endfor %}
{% endtest %}
