{#- Rows whose quantiles cross or are missing: p10 <= p50 <= p90, none null. -#}
{% test quantiles_in_order(model, columns=['p10_log', 'p50_log', 'p90_log']) %}
select *
from {{ model }}
where not coalesce({{ columns[0] }} <= {{ columns[1] }} and {{ columns[1] }} <= {{ columns[2] }}, false)
{% endtest %}
