{#- One number of ml/params.yml, the effort's own value where it has one: SQL and Python read the same file, so a knob stands once. -#}
{% macro learning_param(section, name) -%}
    {%- if not execute -%}
        null
    {%- else -%}
        {%- set text = run_query("select zl_learning_params()").columns[0].values() | first -%}
        {%- set params = fromyaml(text) -%}
        {%- set by_effort = params.get('efforts', {}).get(var('effort'), {}).get(section, {}) -%}
        {%- set value = by_effort.get(name, params.get(section, {}).get(name)) -%}
        {%- if value is none -%}
            {{- exceptions.raise_compiler_error("ml/params.yml has no " ~ section ~ "." ~ name ~ " for effort '" ~ var('effort') ~ "'.") -}}
        {%- endif -%}
        {{- value -}}
    {%- endif -%}
{%- endmacro %}
