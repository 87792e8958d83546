{#-
    The last step of `dbt build`: copies what is served into the file people read, in one transaction, and only when
    every served model and every test that was to be run passed. Otherwise it says why not, and the last good
    forecasts stay. A test with meta stops_publishing false (a late source) stops nothing. A relation without a run_id of its own is
    served with that of the run, so that a reader of any two can tell that they belong together; seeds are typed in, not run, and
    stay as they are.
-#}
{% macro publish(results) %}
    {%- if execute and flags.WHICH == 'build' -%}
        {%- set why_not = reason_not_to_publish(results) -%}
        {%- if why_not -%}
            {{ log("Not published: " ~ why_not, info=true) }}
        {%- else -%}
            {{ copy_served() }}
        {%- endif -%}
    {%- endif -%}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set n_reused = results | selectattr('message', 'equalto', 'REUSED') | list | length -%}
        {{ log(run_query("select zl_build_summary('" ~ n_reused ~ "')").columns[0].values() | first, info=true) }}
    {%- endif -%}
{% endmacro %}


{% macro served_nodes() %}
    {%- set nodes = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type in ['model', 'seed'] and node.config.get('meta', {}).get('served') -%}
        {%- do nodes.append(node) -%}
    {%- endfor -%}
    {{ return(nodes) }}
{% endmacro %}


{% macro reason_not_to_publish(results) %}
    {%- set good = ['success', 'pass', 'warn'] -%}
    {%- set failed = [] -%}
    {%- for result in results if result.status not in good and result.node.config.get('meta', {}).get('stops_publishing', true) -%}
        {%- do failed.append(result) -%}
    {%- endfor -%}
    {%- if var('as_of') | string != '' -%}
        {{ return("a build with as_of (" ~ var('as_of') ~ ") never moves what is served.") }}
    {%- endif -%}
    {%- if failed -%}
        {{ return(failed | length ~ " of " ~ results | length ~ " steps did not pass, first " ~ failed[0].node.name ~ "; the last good forecasts stay.") }}
    {%- endif -%}
    {%- set built = results | map(attribute='node.unique_id') | list -%}
    {%- set served = served_nodes() | map(attribute='unique_id') | list -%}
    {%- for unique_id in served if unique_id not in built -%}
        {{ return(unique_id ~ " was not built by this command; publish with: dbt build --select +zl_predictions") }}
    {%- endfor -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' and node.unique_id not in built -%}
        {%- for parent in node.depends_on.nodes if parent in served -%}
            {{ return("test " ~ node.name ~ " was left out.") }}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(reason_to_run_unit_tests(results)) }}
{% endmacro %}


{#- Unit tests look at the code alone: what they said holds until it changes. The code they passed last stands in the scratch
    database; a build of the same code may leave them out. -#}
{% macro reason_to_run_unit_tests(results) %}
    {%- set code = run_query("select code_fingerprint from ops.training_runs").columns[0].values() | first -%}
    {%- set ran = results | selectattr('node.resource_type', 'equalto', 'unit_test') | map(attribute='node.name') | list -%}
    {#- dbt's graph holds no unit tests: their names come from the files. -#}
    {%- set asked = (run_query("select zl_unit_tests()").columns[0].values() | first).split(',') -%}
    {%- if not (asked | reject('in', ran) | list) -%}
        {%- do run_query("create or replace table ops.unit_tested_code as select '" ~ code ~ "' as code_fingerprint") -%}
        {{ return(none) }}
    {%- endif -%}
    {%- do run_query("create table if not exists ops.unit_tested_code (code_fingerprint varchar)") -%}
    {%- if code in run_query("select code_fingerprint from ops.unit_tested_code").columns[0].values() -%}
        {{ return(none) }}
    {%- endif -%}
    {{ return("unit tests were left out, and this code has not passed them in this database: build once with them.") }}
{% endmacro %}


{% macro copy_served() %}
    {%- set served = served_nodes() -%}
    {%- set published = published_database() -%}
    {%- set names = [] -%}
    {%- set file = env_var('ZL_DB', 'zl.duckdb') -%}
    {%- set run_id = run_query("select run_id from ops.training_runs").columns[0].values() | first -%}
    {%- set identified = run_query("select schema_name || '.' || table_name from duckdb_columns() where database_name = current_database() and column_name = 'run_id'").columns[0].values() -%}
    {%- set statements = [] -%}
    {%- for node in served -%}
        {%- set name = node.schema ~ '.' ~ node.alias -%}
        {%- do names.append(name) -%}
        {%- do statements.append("create schema if not exists " ~ published ~ "." ~ node.schema) -%}
        {%- set run_column = "" if node.resource_type == 'seed' or name in identified else ", '" ~ run_id ~ "' as run_id" -%}
        {%- do statements.append("create or replace table " ~ published ~ "." ~ name ~ " as select *" ~ run_column ~ " from " ~ name) -%}
    {%- endfor -%}
    {%- set left_over = run_query("select schema_name || '.' || table_name from duckdb_tables() where database_name = '" ~ published ~ "' and schema_name in ('raw', 'staging', 'features', 'training', 'forecasts', 'reference', 'ops', 'explanations')").columns[0].values() -%}
    {%- for name in left_over if name not in names and name != 'ops.data_quality_log' -%}
        {%- do statements.append("drop table " ~ published ~ "." ~ name) -%}
    {%- endfor -%}
    {%- do run_query("begin; " ~ statements | join('; ') ~ "; commit") -%}
    {%- if target.name == 'dev' -%}
        {%- set folder = run_query("select zl_prepare_folder('" ~ file ~ ".snapshots', '" ~ run_id ~ "')").columns[0].values() | first -%}
        {%- for name in names + ['ops.data_quality_log'] -%}
            {%- do run_query("copy " ~ published ~ "." ~ name ~ " to '" ~ folder ~ "/" ~ name ~ ".parquet' (format parquet, compression zstd)") -%}
        {%- endfor -%}
        {%- do run_query("select zl_swap_snapshot('" ~ file ~ ".snapshot', '" ~ folder ~ "')") -%}
    {%- endif -%}
    {{ log("Published run " ~ run_id ~ ": " ~ names | length ~ " relations.", info=true) }}
{% endmacro %}
