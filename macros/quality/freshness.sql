{#- How old the newest row of every series of a landing table is at the clock, in calendar days, beside its limits.

    A limit moves with the release calendar: where the publisher's next release comes later than warn_days after the newest row
    (a holiday, a shutdown), both limits are later by that. Nothing is late before the day after that release, nor is a history
    that ends on the day it is declared to. What is expected and has never come has no age: it warns, under a name of its own. A newest row
    dated after the clock warns too, for it hides how late the series is; a day is left to loaders in other time zones. So does a file
    stamped later than the clock and this machine's own time: what it corrects would be known to no forecast before. -#}
{% macro freshness(source_table) -%}
    {%- set clock = clock_at() -%}
    select
        '{{ source_table }}' as source_table,
        aged.quality_group,
        aged.item,
        aged.newest_date,
        aged.next_release_at,
        aged.age_days as measured,
        'above' as alarm_when,
        aged.warn_days + aged.moved_days as warn_limit,
        aged.error_days + aged.moved_days as error_limit,
        case
            when aged.warn_days is null then 2
            when aged.newest_date is null or aged.age_days < -1 then 1
            -- no clock: what cannot be measured is an error
            when aged.age_days is null then 2
            when aged.newest_date = aged.ended_on then 0
            when aged.age_days > aged.error_days + aged.moved_days then 2
            when aged.age_days > aged.warn_days + aged.moved_days then 1
            else 0
        end as alarm
    from (
        select
            awaited.*,
            releases.published_at as next_release_at,
            date_diff('day', awaited.newest_date, {{ clock }}::date) as age_days,
            greatest(
                0, coalesce(date_diff('day', awaited.newest_date, releases.published_at::date), 0) - awaited.warn_days
            ) as moved_days
        from ({{ awaited_rows(source_table) }}) as awaited
        left join ({{ release_times('(' ~ awaited_rows(source_table) ~ ')', 'next_date') }}) as releases
            on awaited.release_rule = releases.release_rule and awaited.next_date = releases.anchor_date
    ) as aged
    union all
    select
        '{{ source_table }}',
        'all',
        'stamped later than now: ' || _file,
        max(ingested_at)::date,
        null,
        date_diff('day', max(ingested_at)::date, greatest(now() at time zone 'UTC', {{ clock }})::date),
        'below',
        -1,
        null,
        1
    from {{ ref('int_' ~ source_table.replace('.', '_') ~ '__versions') }}
    where ingested_at::date > greatest(now() at time zone 'UTC', {{ clock }})::date + 1
    group by _file
{%- endmacro %}


{#- Every series of a landing table with the date of the row that comes after its newest: the next session, or a step later; and
    each expected group of the table no series of which has ever come, but for a history declared without it. -#}
{% macro awaited_rows(source_table) -%}
    select
        coalesce(newest.quality_group, cadences.quality_group) as quality_group,
        coalesce(newest.item, 'never delivered') as item,
        newest.release_rule,
        newest.newest_date,
        limits.warn_limit::integer as warn_days,
        limits.error_limit::integer as error_days,
        cadences.ended_on,
        {%- if source_table == 'databento.ohlcv_1d' %}
        (select min(trade_date) from {{ ref('trading_calendar') }} where trade_date > newest.newest_date) as next_date
        {%- else %}
        (newest.newest_date + to_days(cadences.step_days) + to_months(cadences.step_months))::date as next_date
        {%- endif %}
    from ({{ newest_rows(source_table) }}) as newest
    full join (select * from {{ ref('cadences') }} where source_table = '{{ source_table }}') as cadences
        on newest.quality_group = cadences.quality_group
    left join {{ ref('quality_limits') }} as limits
        on
            limits.check_name = 'is_fresh'
            and limits.source_table = '{{ source_table }}'
            and limits.quality_group = coalesce(newest.quality_group, cadences.quality_group)
    where
        newest.item is not null
        or (
            cadences.is_expected
            and not {{ is_declared('is_fresh', source_table, 'cadences.quality_group', clock_at() ~ '::date') }}
        )
{%- endmacro %}
