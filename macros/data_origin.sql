{#- 'sample' for the bundled deliveries, else the name of the landing folder's last two parts (shared/landing). -#}
{% macro data_origin() -%}
    {%- if var('landing').rstrip('/') == 'landing/sample' -%}
        'sample'
    {%- else -%}
        '{{ var("landing").rstrip("/").split("/") | reject("in", ["", ".", ".."]) | list | join("/") }}'
    {%- endif -%}
{%- endmacro %}
