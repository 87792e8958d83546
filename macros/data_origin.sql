{#- 'sample' where the landing is synthetic, else the last two parts of the landing folder's real path, which never read 'sample'. -#}
{% macro data_origin() -%}
    {%- if is_synthetic() -%}
        'sample'
    {%- else -%}
        {%- set path = run_query("select zl_absolute_path('" ~ var('landing') ~ "')").columns[0].values() | first if execute else '' -%}
        '{{ path.split('/')[-2:] | join('/') }}'
    {%- endif -%}
{%- endmacro %}
