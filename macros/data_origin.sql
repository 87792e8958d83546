{#- 'sample' where a delivered file calls itself synthetic (one is enough: it is in the forecasts), else the name of the landing
    folder: its last two parts. -#}
{% macro data_origin() -%}
    {%- if execute -%}
        {%- set synthetic = run_query(
            "select count(*) from parquet_kv_metadata('" ~ var('landing') ~ "/*/*/*.parquet')
             where decode(key) = 'origin' and starts_with(decode(value), 'SYNTHETIC')"
        ).columns[0].values() | first -%}
        {%- if synthetic > 0 -%}
            'sample'
        {%- else -%}
            {%- set parts = var('landing').split('/') | reject('in', ['', '.', '..']) | list -%}
            '{{ parts[-2:] | join("/") }}'
        {%- endif -%}
    {%- else -%}
        null
    {%- endif -%}
{%- endmacro %}
