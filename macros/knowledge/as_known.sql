{#- What each session could know of each series: the last value published by its close, in the edition then in force.

    `sessions` needs as_of_date, session_index, as_of_at; `measures` needs series_id, edition_at, period_date, published_at,
    carry_days and whatever was computed at native frequency, which comes out unchanged with `age_days` (as_of_date -
    period_date). A value older than its carry_days belongs to a series that has ended or stands still: the row is left out,
    so that nobody takes it for today's. One row per session and series known by then. -#}
{% macro as_known(measures, sessions='sessions') -%}
    select
        in_force.as_of_date,
        in_force.session_index,
        releases.* exclude (edition_at, published_at, carry_days),
        date_diff('day', releases.period_date, in_force.as_of_date)::double as age_days
    from (
        select
            axis.as_of_date,
            axis.session_index,
            axis.as_of_at,
            axis.series_id,
            editions.edition_at
        from (
            select
                {{ sessions }}.as_of_date,
                {{ sessions }}.session_index,
                {{ sessions }}.as_of_at,
                ids.series_id
            from {{ sessions }}
            cross join (select distinct series_id from {{ measures }}) as ids
        ) as axis
        asof inner join (select distinct series_id, edition_at from {{ measures }}) as editions
            on axis.series_id = editions.series_id and axis.as_of_at >= editions.edition_at
    ) as in_force
    asof inner join (
        -- several periods can come out in one release (five exchange rates on a Monday): the newest counts
        select * from {{ measures }}
        qualify
            row_number() over (
                partition by series_id, edition_at, published_at order by period_date desc
            ) = 1
    ) as releases
        on
            in_force.series_id = releases.series_id
            and in_force.edition_at = releases.edition_at
            and in_force.as_of_at >= releases.published_at
    where date_diff('day', releases.period_date, in_force.as_of_date) <= releases.carry_days
{%- endmacro %}
