{#- as_of must be a session with a valid ZL bar: there is no forecast to replay on any other day. A session without one
    is told the last that has one; on a day that is no session nothing is known, and only the calendar can say which was before. -#}
{% macro refuse_unknown_as_of() -%}
    {%- if execute and var('as_of', '') and flags.WHICH in ['build', 'run'] -%}
        {%- set day = "'" ~ var('as_of') ~ "'::date" -%}
        {%- set found %}
            select
                count(*) filter (where trade_date = {{ day }}),
                max(trade_date) filter (where trade_date < {{ day }}),
                (select max(trade_date) from {{ ref('trading_calendar') }} where trade_date < {{ day }})
            from {{ ref('int_bars__roll_neutral') }}
            where symbol = 'ZL'
        {%- endset -%}
        {%- set answer = run_query(found).rows[0] -%}
        {%- if answer[0] == 0 -%}
            {%- do exceptions.raise_compiler_error('as_of ' ~ var('as_of') ~ ': expected a session with a valid ZL bar, found none in ' ~ var('landing') ~ ' (no session, a hole, a quarantined bar or after the data). ' ~ ('The last such session before it is ' ~ answer[1] ~ '.' if answer[1] else 'The session before it is ' ~ answer[2] ~ '.')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
