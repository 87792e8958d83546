{#-
    A check is one statement, and one alone needs no transaction around it: dbt spends a tenth of a check on opening one and taking it
    back. A check that measures leaves its answer for the quality log as it is asked. With --store-failures dbt's own way is taken.
-#}
{% materialization test, adapter="duckdb" %}
    {%- set measures = 'alarm' in config.get('fail_calc') -%}
    {%- if should_store_failures() -%}
        {#- First, outside of the transaction that dbt's own way opens and takes back. -#}
        {%- if measures -%}
            {%- do run_query(noted_answer(sql)) -%}
        {%- endif -%}
        {{ return(dbt.materialization_test_default.call_macro()) }}
    {%- endif -%}
    {%- call statement('main', fetch_result=true, auto_begin=false) -%}
        {%- if measures -%}
            {{ noted_answer(sql) }}
        {%- else -%}
            {{ get_test_sql(get_limit_subquery_sql(sql, config.get('limit')), config.get('fail_calc'), config.get('warn_if'), config.get('error_if'), limit=none) }}
        {%- endif -%}
    {%- endcall -%}
    {{ return({'relations': []}) }}
{% endmaterialization %}


{#- At the start of a build or a test: answers of this command's checks. -#}
{% macro open_check_answers() %}
    {%- if execute and flags.WHICH in ['build', 'test'] -%}
        {%- do run_query("create schema if not exists ops") -%}
        {%- do run_query("create or replace table ops.check_answers (check_name varchar, failures integer, failing_rows bigint, measured double, limit_value double, offenders varchar)") -%}
    {%- endif -%}
{% endmacro %}


{#- Statement that notes what a measuring check found and answers dbt: its highest alarm, and whether that warns or stops. -#}
{% macro noted_answer(sql) -%}
    insert into ops.check_answers
    select '{{ model.name }}', found.failures, {{ found_columns() }}
    from {{ found_measures(sql) }}
    returning failures, failures {{ config.get('warn_if') }} as should_warn, failures {{ config.get('error_if') }} as should_error
{%- endmacro %}
