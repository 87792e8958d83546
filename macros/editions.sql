{#- A series as it stood at each of its revisions: all columns of `relation` (a versions relation, valid rows) and edition_at.

    The first edition (1970-01-01) holds every key's first version. A later version of some key opens a new edition of its
    group at its known_at; an edition holds, per key, the last version known at edition_at (a first version always, so that
    new keys join every edition). A session uses the edition with the largest edition_at <= as_of_at: old forecasts never
    see a revision. -#}
{% macro editions(relation, group_columns, key_columns) -%}
    {%- set groups = group_columns | join(', ') -%}
    select
        openings.edition_at,
        versions.*
    from {{ relation }} as versions
    inner join (
        select {{ groups }}, timestamp '1970-01-01' as edition_at from {{ relation }}
        union
        select {{ groups }}, known_at from {{ relation }} where version_number > 1
    ) as openings
        on
            {% for column in group_columns %}versions.{{ column }} = openings.{{ column }} and {% endfor %}
            (versions.version_number = 1 or versions.known_at <= openings.edition_at)
    qualify
        row_number() over (
            partition by {% for column in group_columns + key_columns %}versions.{{ column }}, {% endfor %}openings.edition_at
            order by versions.version_number desc
        ) = 1
{%- endmacro %}
