{#- Tells on screen what was refused: one line per table and reason, with the last key and its file. -#}
{% macro say_quarantined() -%}
    {%- if execute -%}
        {%- set groups %}
            select
                source_table,
                quarantine_reason,
                count(*) as n_rows,
                arg_max(key_text, (observed_date, key_text)) as last_key,
                arg_max(file, (observed_date, key_text)) as last_file
            from {{ this }}
            group by all
            order by all
        {%- endset -%}
        {%- for row in run_query(groups).rows -%}
            {%- do log('Quarantined: ' ~ row[0] ~ ', ' ~ row[1] ~ ': ' ~ row[2] ~ ' rows, last ' ~ row[3] ~ ' in ' ~ row[4] ~ '.', info=true) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endmacro %}
