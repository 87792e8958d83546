{#- Columns that are missing too often once they have begun: a join that loses rows, a feed that fell silent. Judged from a
    column's first value on, and only when at least `min_rows` rows follow it. -#}
{% test null_share_after_start(model, columns, max_share, order_by='as_of_date', min_rows=250) %}
with shares as (
    {% for column in columns %}
    select
        '{{ column }}' as column_name,
        count(*) as n_rows,
        count(*) - count({{ column }}) as n_null
    from {{ model }}
    where {{ order_by }} >= (select min({{ order_by }}) from {{ model }} where {{ column }} is not null)
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    column_name,
    n_null,
    n_rows
from shares
where n_rows >= {{ min_rows }} and n_null > {{ max_share }} * n_rows
{% endtest %}
