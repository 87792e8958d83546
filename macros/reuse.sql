{#-
    Tables that would come out as they stand are left standing. A table is made from the project's code and switches and from the
    rows of the tables it reads, by the libraries installed: where all of these are what they were when it was made, and its own rows
    too, making it again would give the same rows. One changed value in any of them makes it anew, and so does --full-refresh. Hooks
    run all the same: what they say or refuse holds for a table that stands. A model whose rows hang on anything else, a clock or a
    file, says so in its meta: reads_more_than_tables.
-#}
{% materialization table, adapter="duckdb", supported_languages=['sql', 'python'] %}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- if stands_as_made(name) -%}
        {{ return(left_standing()) }}
    {%- endif -%}
    {%- set made_from = run_query("select " ~ digest_of_inputs()).columns[0].values() | first -%}
    {#- call_macro and not a call: dbt runs a Python model only where a materialization is the outermost macro -#}
    {%- set made = dbt.materialization_table_duckdb.call_macro() -%}
    {%- do note_table_made(name, made_from) -%}
    {{ return(made) }}
{% endmaterialization %}


{#- A seed is made from its file alone, which the code's fingerprint covers. `dbt seed` loads it whatever stands. -#}
{% materialization seed, adapter="duckdb" %}
    {%- if flags.WHICH != 'build' -%}
        {{ return(dbt.materialization_seed_default.call_macro()) }}
    {%- endif -%}
    {%- set name = this.schema ~ '.' ~ this.identifier -%}
    {%- if stands_as_made(name) -%}
        {%- do store_result('agate_table', response='REUSED') -%}
        {{ return(left_standing()) }}
    {%- endif -%}
    {%- set made_from = run_query("select " ~ digest_of_inputs()).columns[0].values() | first -%}
    {%- set made = dbt.materialization_seed_default.call_macro() -%}
    {%- do note_table_made(name, made_from) -%}
    {{ return(made) }}
{% endmaterialization %}


{#- What a materialization gives back for a table that stands. -#}
{% macro left_standing() -%}
    {{ run_hooks(pre_hooks, inside_transaction=False) }}
    {{ run_hooks(pre_hooks, inside_transaction=True) }}
    {%- call noop_statement('main', message='REUSED') -%}{{ model.compiled_code or '' }}{%- endcall -%}
    {{ run_hooks(post_hooks, inside_transaction=True) }}
    {%- do adapter.commit() -%}
    {{ run_hooks(post_hooks, inside_transaction=False) }}
    {{- return({'relations': [this.incorporate(type='table')]}) -}}
{%- endmacro %}


{#- At the start of a build: contents known to this build, of which code, switches and what is installed are the first; and what all
    tables were made from. A note that a killed build left behind its table is of other rows, which makes the table anew. -#}
{% macro open_reuse_notes() %}
    {%- if execute and flags.WHICH in ['build', 'run'] -%}
        {%- set switches = [var('landing'), var('effort'), var('as_of'), var('clock'), target.name] | join(' ') | replace("'", "''") -%}
        {%- do run_query("create schema if not exists ops") -%}
        {%- do run_query("create or replace table ops.table_contents as select 'code and switches' as name, zl_code_fingerprint() || ' " ~ switches ~ " ' || md5(zl_installed()) as content") -%}
        {%- do run_query("create table if not exists ops.tables_made (name varchar, made_from varchar, content varchar)") -%}
    {%- endif -%}
{% endmacro %}


{#- What a node is made from: code and switches, and the tables it reads. -#}
{% macro names_of_inputs() -%}
    {%- set names = ['code and switches'] -%}
    {%- for unique_id in model.depends_on.nodes or [] if unique_id in graph.nodes -%}
        {%- do names.append(graph.nodes[unique_id].schema ~ '.' ~ graph.nodes[unique_id].alias) -%}
    {%- endfor -%}
    {{- return(names) -}}
{%- endmacro %}


{#- SQL of the digest of all that decides a node's rows: code and switches, its compiled code, and the content of every table it
    reads; null while this build does not know them all. Two readers may have noted the same content of a table. -#}
{% macro digest_of_inputs() -%}
    {%- set names = names_of_inputs() | unique | list -%}
    (
        select md5(string_agg(name || ' ' || content, ' ' order by name) || '{{ local_md5(model.compiled_code or '') }}')
        from (select distinct name, content from ops.table_contents where name in ('{{ names | join("', '") }}'))
        having count(*) = {{ names | length }}
    )
{%- endmacro %}


{#- Select of what tells two contents of a table apart: its columns, the number of its rows and the sum of their hashes, in whatever
    order they stand. Types are told because the hash of an enum is that of its number. Hashed twice: a row's hash is the
    exclusive or of its columns' hashes, so that two rows could swap values and the sum of theirs stay. -#}
{% macro content_of(name) -%}
    select md5(concat_ws(
        ' ',
        (
            select string_agg(column_name || ' ' || data_type, ', ' order by column_index)
            from duckdb_columns()
            where database_name = current_database() and schema_name || '.' || table_name = '{{ name }}'
        ),
        count(*),
        sum(hash(hash(*columns(*))))
    ))
    from {{ name }}
{%- endmacro %}


{#- Whether the table was made from the same and still holds the rows it was made with, which this build then knows. Asked again
    where contents had to be looked up first. -#}
{% macro stands_as_made(name) -%}
    {%- set may_stand = not (flags.FULL_REFRESH or config.get('meta').get('reads_more_than_tables') or load_cached_relation(this) is none) -%}
    {%- set same -%}
        insert into ops.table_contents
        select name, content
        from ops.tables_made
        where name = '{{ name }}' and made_from = {{ digest_of_inputs() }} and content = ({{ content_of(name) }})
        returning name
    {%- endset -%}
    {%- if may_stand and run_query(same).rows | length == 1 -%}
        {{- return(true) -}}
    {%- endif -%}
    {%- set known = run_query("select name from ops.table_contents where name in ('" ~ names_of_inputs() | join("', '") ~ "')").columns[0].values() -%}
    {%- set unknown = names_of_inputs() | reject('in', known) | list -%}
    {%- for input in unknown -%}
        {%- do run_query("insert into ops.table_contents select '" ~ input ~ "', (" ~ content_of(input) ~ ")") -%}
    {%- endfor -%}
    {{- return(may_stand and unknown | length > 0 and run_query(same).rows | length == 1) -}}
{%- endmacro %}


{#- What a table was made from, and the rows it got. A Python model imports its code and a seed is read while the build runs: where
    that is no longer the code of the start, nobody knows which of the two made the table, and it stands for neither. -#}
{% macro note_table_made(name, made_from) -%}
    {%- set content = run_query(content_of(name)).columns[0].values() | first -%}
    {%- set known = " from ops.table_contents where name = 'code and switches' and starts_with(content, zl_code_fingerprint())" if model.language == 'python' or model.resource_type == 'seed' -%}
    {%- do run_query("begin; delete from ops.tables_made where name = '" ~ name ~ "'; insert into ops.tables_made select '" ~ name ~ "', '" ~ made_from ~ "', '" ~ content ~ "'" ~ known ~ "; insert into ops.table_contents values ('" ~ name ~ "', '" ~ content ~ "'); commit") -%}
{%- endmacro %}
