{#- as_of must be a session with a valid ZL bar: there is no forecast to replay on any other day. -#}
{% macro refuse_unknown_as_of() -%}
    {%- if execute and var('as_of', '') and flags.WHICH in ['build', 'run'] -%}
        {%- set day = "'" ~ var('as_of') ~ "'::date" -%}
        {%- set found %}
            select
                count(*) filter (where trade_date = {{ day }}),
                max(trade_date) filter (where trade_date < {{ day }})
            from {{ ref('int_bars__roll_neutral') }}
            where symbol = 'ZL'
        {%- endset -%}
        {%- set answer = run_query(found).rows[0] -%}
        {%- if answer[0] == 0 -%}
            {%- do exceptions.raise_compiler_error('as_of ' ~ var('as_of') ~ ': expected a session with a valid ZL bar, found none in ' ~ var('landing') ~ ' (no session, a hole, a quarantined bar or after the data). ' ~ ('The last such session before it is ' ~ answer[1] ~ '.' if answer[1] else 'There is none before it.')) -%}
        {%- endif -%}
    {%- endif -%}
{%- endmacro %}
