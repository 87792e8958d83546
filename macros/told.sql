{#- The query of a test whose first offenders are told on screen: dbt itself says only how many there are. -#}
{% macro told(query) -%}
    {%- if execute and flags.WHICH in ['build', 'test'] -%}
        {%- set offenders = run_query('select * from (' ~ query ~ ') order by all limit 5') -%}
        {%- for row in offenders.rows -%}
            {%- set words = [] -%}
            {%- for name in offenders.column_names -%}
                {%- do words.append(name ~ ' ' ~ row[name]) -%}
            {%- endfor -%}
            {%- do log(model.name ~ ': ' ~ words | join(', ') ~ '.', info=true) -%}
        {%- endfor -%}
    {%- endif -%}
    {{ query }}
{%- endmacro %}
