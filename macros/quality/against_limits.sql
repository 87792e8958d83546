{#- `measures` (one row per measured thing: quality_group, measured, what identifies it) beside the limits of `check_name` in
    quality_limits: warn_limit, error_limit and alarm (0 fine, 1 warn, 2 error).

    Values are rounded to nine decimals: the last bits of a mean depend on the order of threads, and the log must not. What cannot
    be measured (NULL, NaN) and what has no limit is an error, never silence. Rows with n_cases below min_cases are
    too few to judge and stay in the answer with alarm 0. -#}
{% macro against_limits(measures, check_name, source_table, counts_cases=false) -%}
    select
        measures.*,
        limits.alarm_when,
        limits.warn_limit,
        limits.error_limit,
        case
            when limits.check_name is null then 2
            {%- if counts_cases %}
            when measures.n_cases < limits.min_cases then 0
            {%- endif %}
            when measures.measured is null or isnan(measures.measured) then if(limits.error_limit is null, 1, 2)
            when {{ passes_limit('measures.measured', 'limits.error_limit') }} then 2
            when {{ passes_limit('measures.measured', 'limits.warn_limit') }} then 1
            else 0
        end as alarm
    from (select * replace (round(measured::double, 9) as measured) from {{ measures }}) as measures
    left join {{ ref('quality_limits') }} as limits
        on
            limits.check_name = '{{ check_name }}'
            and limits.source_table = '{{ source_table }}'
            and limits.quality_group = measures.quality_group
{%- endmacro %}


{#- Whether a value passes a limit in the direction the limit alarms; a limit that is NULL is never passed. -#}
{% macro passes_limit(measured, limit) -%}
    coalesce(
        case limits.alarm_when
            when 'above' then {{ measured }} > {{ limit }}
            when 'at_or_above' then {{ measured }} >= {{ limit }}
            when 'below' then {{ measured }} < {{ limit }}
        end, false
    )
{%- endmacro %}
