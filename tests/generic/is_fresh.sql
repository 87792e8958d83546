{#- Sources whose newest row is older than quality_limits allows at the clock, although the release after it is out.
    `quality_group` is an expression over the model's rows: limits differ within a source (daily, weekly, monthly). -#}
{% test is_fresh(model, source_table, date_column, release_rule, quality_group="'all'", limit='warn_days') %}
{%- set clock = clock_at() %}
with

newest_by_group as (
    select
        {{ quality_group }} as quality_group,
        {{ release_rule }} as release_rule,
        max({{ date_column }}) as newest_date
    from {{ model }}
    group by all
),

awaited as (
    select
        newest_by_group.*,
        limits.{{ limit }} as limit_days,
        limits.ended_on,
        (newest_by_group.newest_date + to_days(limits.step_days) + to_months(limits.step_months))::date as next_date
    from newest_by_group
    inner join {{ ref('quality_limits') }} as limits
        on limits.source_table = '{{ source_table }}' and limits.quality_group = newest_by_group.quality_group
),

releases as (
    {{ release_times('awaited', 'next_date') }}
)

select
    '{{ source_table }}' as source_table,
    awaited.quality_group,
    awaited.release_rule,
    awaited.newest_date,
    date_diff('day', awaited.newest_date, {{ clock }}::date) as age_days,
    awaited.limit_days
from awaited
left join releases on awaited.release_rule = releases.release_rule and awaited.next_date = releases.anchor_date
where
    date_diff('day', awaited.newest_date, {{ clock }}::date) > awaited.limit_days
    and (awaited.ended_on is null or awaited.newest_date > awaited.ended_on)
    and coalesce(releases.published_at, {{ clock }}) <= {{ clock }}
{% endtest %}
