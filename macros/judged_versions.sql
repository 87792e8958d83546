{#- The end of a versions model, behind its CTE `judged` (a delivered row with release_rule and own_reason, why it is refused):
    when each row became public, its versions (macro versions), and the columns a reader sees with the reason to refuse it,
    up to the cut. `columns` are those beside the bookkeeping, where they are not just the keys and values. -#}
{% macro judged_versions(date_column, key_columns, value_columns, vintage=none, columns=none) -%}
released as (

    {{ with_published_at('judged', date_column) }}

),

versions as (

    {{ versions('released', key_columns, value_columns, vintage) }}

),

result as (

    select
        {%- for column in columns or key_columns + value_columns + ([vintage] if vintage else []) %}
        {{ column }},
        {%- endfor %}
        {{ version_columns() }}
    from versions
    where {{ known_by_cut('known_at') }}

)

select * from result
{%- endmacro %}


{#- The bookkeeping columns of a versions model, behind its own: when a row was public and known, and why it is refused. -#}
{% macro version_columns() -%}
published_at,
        known_at,
        ingested_at,
        version_number,
        case
            when own_reason is not null then own_reason
            when is_conflict then 'conflicting_duplicate'
            when published_at is null then 'no_release_time'
        end as quarantine_reason,
        _file
{%- endmacro %}
