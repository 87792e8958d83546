{#- Articles of one feed in the 28 days up to the newest article of either: a feed that falls silent while the other speaks. -#}
{% test speaks_every_month(model, source_table, other) %}
{{ config(fail_calc='coalesce(max(alarm), 0)', warn_if='>= 1', error_if='>= 2') }}
with

newest as (
    select max(published_at) as newest_at
    from (select published_at from {{ model }} union all select published_at from {{ other }})
),

measures as (
    select
        'all' as quality_group,
        count(*) filter (where articles.published_at > newest.newest_at - interval 28 day) as measured,
        max(articles.published_at) as newest_at
    from {{ model }} as articles
    cross join newest
    having count(*) > 0
)

{{ against_limits('measures', 'speaks_every_month', source_table) }}
{% endtest %}
