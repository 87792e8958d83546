{#- 'sample' where the landing is synthetic, else the name of the landing folder: its last two parts. -#}
{% macro data_origin() -%}
    {%- if is_synthetic() -%}
        'sample'
    {%- else -%}
        {%- set parts = (var('landing') | string).split('/') | reject('in', ['', '.', '..']) | list -%}
        '{{ parts[-2:] | join("/") }}'
    {%- endif -%}
{%- endmacro %}
