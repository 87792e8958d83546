{#- Whether a delivered file of the landing calls itself synthetic in its metadata: one is enough, it is in the forecasts. How
    the folder is spelled says nothing. -#}
{% macro is_synthetic() -%}
    {%- if execute -%}
        {%- set n_labels = run_query(
            "select count(*) from parquet_kv_metadata('" ~ var('landing') ~ "/*/*/*.parquet')
             where decode(key) = 'origin' and starts_with(decode(value), 'SYNTHETIC')"
        ).columns[0].values() | first -%}
        {{- return(n_labels > 0) -}}
    {%- endif -%}
    {{- return(false) -}}
{%- endmacro %}
