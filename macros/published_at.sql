{#- `relation` with `published_at` (UTC) added: the rule of its `release_rule` applied to `date_column`, unless
    release_calendar knows the true day. Without a rule published_at is null.

    kind of reference.release_rules: days (anchor + n calendar days); business_days (n-th federal business day after it);
    weekday_after (next release_weekday after it); weekday_of_week (that weekday of the anchor's week); month_day (n-th day
    counted from the first of the month months_after later); month_business_day (n-th business day of that month, -1 the
    last); session_close (the grain close). holiday_rule next_business_day moves a release off a holiday; week adds a
    business day for each holiday from delaying_weekdays_from on as well. -#}
{% macro with_published_at(relation, date_column) -%}
    select
        {{ relation }}.*,
        release_times.published_at
    from {{ relation }}
    left join ({{ release_times(relation, date_column) }}) as release_times
        on
            {{ relation }}.release_rule = release_times.release_rule
            and {{ relation }}.{{ date_column }} = release_times.anchor_date
{%- endmacro %}


{#- One row per release rule and date asked for in `relation`, with published_at. -#}
{% macro release_times(relation, date_column) -%}
    select
        planned.release_rule,
        planned.anchor_date,
        case
            when known.release_date is not null
                then {{ known_at('known.release_date', 'known.release_time', 'planned.time_zone') }}
            when planned.kind = 'session_close'
                then coalesce(sessions.close_at, {{ known_at('planned.anchor_date', 'planned.release_time', 'planned.time_zone') }})
            when planned.n_business_days is null
                then {{ known_at('planned.base_date', 'planned.release_time', 'planned.time_zone') }}
            else {{ known_at('release_days.calendar_date', 'planned.release_time', 'planned.time_zone') }}
        end as published_at
    from (
        select
            based.*,
            -- the release is the n_business_days-th business day after the day before base_date
            case
                when based.kind in ('business_days') then based.n
                when based.kind = 'month_business_day' then if(based.n > 0, based.n, based.n + 1)
                when based.holiday_rule = 'next_business_day' then 1
                when based.holiday_rule = 'week' then
                    1 + (isodow(based.base_date) - based.delaying_weekdays_from)
                    - (eve.business_day_number - week_eve.business_day_number)
            end as n_business_days,
            eve.business_day_number as eve_number
        from (
            select
                asked.anchor_date,
                rules.*,
                case rules.kind
                    when 'days' then asked.anchor_date + rules.n
                    when 'business_days' then asked.anchor_date + 1
                    when 'weekday_after'
                        then asked.anchor_date + ((rules.release_weekday - isodow(asked.anchor_date) + 6) % 7 + 1)::integer
                    when 'weekday_of_week'
                        then asked.anchor_date + (rules.release_weekday - isodow(asked.anchor_date))::integer
                    when 'month_day' then {{ first_of_month('asked.anchor_date', 'rules.months_after') }} + (rules.n - 1)
                    when 'month_business_day'
                        then {{ first_of_month('asked.anchor_date', 'rules.months_after + if(rules.n < 0, 1, 0)') }}
                    else asked.anchor_date
                end as base_date
            from (
                select distinct release_rule, {{ date_column }} as anchor_date from {{ relation }}
            ) as asked
            inner join {{ ref('release_rules') }} as rules on asked.release_rule = rules.release_rule
        ) as based
        left join {{ ref('publication_calendar') }} as eve on eve.calendar_date = based.base_date - 1
        left join {{ ref('publication_calendar') }} as week_eve
            on week_eve.calendar_date = based.base_date - (isodow(based.base_date) - based.delaying_weekdays_from)::integer - 1
    ) as planned
    left join {{ ref('publication_calendar') }} as release_days
        on
            release_days.is_business_day
            and release_days.business_day_number = planned.eve_number + planned.n_business_days
    left join {{ ref('release_calendar') }} as known
        on planned.release_rule = known.release_rule and planned.anchor_date = known.period_date
    left join {{ ref('trading_calendar') }} as sessions on sessions.trade_date = planned.anchor_date
{%- endmacro %}


{#- First day of the month `months` after the month of `date`. -#}
{% macro first_of_month(date, months) -%}
    (date_trunc('month', {{ date }}) + to_months(({{ months }})::integer))::date
{%- endmacro %}
