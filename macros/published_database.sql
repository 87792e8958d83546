{#- Catalog name of the database people read: the attached file, or the MotherDuck database under its own name. -#}
{% macro published_database() -%}
    {%- if target.name == 'motherduck' -%}
        {{- env_var('ZL_MOTHERDUCK', 'md:zl_forecasts').split(':')[-1].split('/')[-1].split('.')[0] -}}
    {%- else -%}
        published
    {%- endif -%}
{%- endmacro %}
