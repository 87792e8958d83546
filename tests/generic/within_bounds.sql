{#- Values outside [min_value, max_value], NaN included; NULL is no value. -#}
{% test within_bounds(model, column_name, min_value=none, max_value=none) %}
select {{ column_name }}
from {{ model }}
where
    {{ column_name }} is not null
    and (
        isnan({{ column_name }}::double)
        {%- if min_value is not none %} or {{ column_name }} < {{ min_value }}{% endif -%}
        {%- if max_value is not none %} or {{ column_name }} > {{ max_value }}{% endif %}
    )
{% endtest %}
