{#- Folder = schema = layer, literally: no target prefix. It runs for every node at parse time, so unknown vars are refused here for every command. -#}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {%- set known = ['landing', 'effort', 'as_of', 'clock'] -%}
    {%- set given = invocation_args_dict.get('vars', {}) or {} -%}
    {%- for name in given if name not in known -%}
        {{- exceptions.raise_compiler_error("Unknown var '" ~ name ~ "'. Known vars: " ~ known | join(', ') ~ ".") -}}
    {%- endfor -%}
    {%- if custom_schema_name is none -%} staging {%- else -%} {{ custom_schema_name | trim }} {%- endif -%}
{%- endmacro %}
