{#- Rows in which one of the columns is missing. One test where a column each would do. -#}
{% test no_nulls(model, columns) %}
select {{ columns | join(', ') }}
from {{ model }}
where {% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}
{% endtest %}
