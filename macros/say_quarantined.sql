{#- Tells on screen what a versions relation refused: one line per reason, with the key delivered last and its file. -#}
{% macro say_quarantined(source_table, key_columns) -%}
    {%- if execute -%}
        {%- set key = "concat_ws(' ', " ~ key_columns | join(', ') ~ ")" -%}
        {%- set groups %}
            select
                quarantine_reason,
                count(*) as n_rows,
                arg_max({{ key }}, (ingested_at, {{ key }})) as last_key,
                arg_max(_file, (ingested_at, {{ key }})) as last_file
            from {{ this }}
            where quarantine_reason is not null
            group by all
            order by all
        {%- endset -%}
        {%- for row in run_query(groups).rows -%}
            {%- do log(
                'Quarantined: ' ~ source_table ~ ', ' ~ row[0] ~ ': ' ~ row[1]
                ~ (' row, ' if row[1] == 1 else ' rows, last ') ~ row[2] ~ ' in ' ~ row[3] ~ '.', info=true
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
