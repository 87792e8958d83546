{#- Columns that are missing too often between their first and their last value: a join that loses rows. A feed that fell silent
    is `is_fresh`'s, and a series that ended would be missing more every day. quality_group names the limit. -#}
{% test null_share_after_start(model, columns, quality_group, order_by='as_of_date') %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
with

measures as (
    {% for column in columns %}
    select
        '{{ quality_group }}' as quality_group,
        '{{ column }}' as column_name,
        (count(*) - count({{ column }})) / count(*) as measured,
        count(*) as n_cases
    from {{ model }}
    where
        {{ order_by }} >= (select min({{ order_by }}) from {{ model }} where {{ column }} is not null)
        and {{ order_by }} <= (select max({{ order_by }}) from {{ model }} where {{ column }} is not null)
    having count(*) > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

{{ against_limits('measures', 'null_share_after_start', 'features.daily_ml_matrix', counts_cases=true) }}
{% endtest %}
