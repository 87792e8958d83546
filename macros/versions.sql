{#- Every different value a key was delivered with, in the order of delivery.

    Adds is_conflict (values of one key that differ within one delivery time, and one `vintage` where a delivery may hold
    several of them: none of them is used), version_number (1 for the first delivery; an equal re-delivery is no version, nor
    is one that differs beyond the tenth digit: another way of writing the same number) and
    known_at (first delivery: published_at; a later, different value: the later of published_at and ingested_at, whatever day
    its publisher printed it). -#}
{% macro versions(relation, key_columns, value_columns, vintage=none) -%}
    {%- set keys = key_columns | join(', ') -%}
    {%- set delivered_at = 'ingested_at' -%}
    {%- set delivery = delivered_at ~ (', ' ~ vintage if vintage else '') -%}
    select
        * exclude (value_hash, is_repeat),
        row_number() over (partition by {{ keys }} order by {{ delivery }}, _file, value_hash) as version_number,
        if(
            row_number() over (partition by {{ keys }} order by {{ delivery }}, _file, value_hash) = 1,
            published_at,
            greatest(published_at, {{ delivered_at }})
        ) as known_at
    from (
        select
            *,
            lag(value_hash) over delivered is not distinct from value_hash
            and not coalesce(lag(is_conflict) over delivered and lag({{ delivered_at }}) over delivered < {{ delivered_at }}, false)
            and row_number() over delivered > 1 as is_repeat
        from (
            select
                *,
                min(value_hash) over (partition by {{ keys }}, {{ delivery }})
                != max(value_hash) over (partition by {{ keys }}, {{ delivery }}) as is_conflict
            from (
                select
                    *,
                    hash(
                        {%- for column in value_columns %}
                        case typeof({{ column }})
                            when 'DOUBLE' then printf('%.10g', try_cast({{ column }} as double))
                            else {{ column }}::varchar
                        end{{ ',' if not loop.last }}
                        {%- endfor %}
                    ) as value_hash
                from {{ relation }}
            )
        )
        window delivered as (partition by {{ keys }} order by {{ delivery }}, _file, value_hash)
    )
    where not is_repeat
{%- endmacro %}


{#- The last valid version of each key: what staging shows as the row of that key. -#}
{% macro last_valid_version(relation, key_columns) -%}
    select * exclude (quarantine_reason)
    from {{ relation }}
    where quarantine_reason is null
    qualify row_number() over (partition by {{ key_columns | join(', ') }} order by version_number desc) = 1
{%- endmacro %}
