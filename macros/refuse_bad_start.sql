{#- Before anything is built: switches that mean nothing are refused, and so is another landing into the same file (one database, one landing). -#}
{% macro refuse_bad_start() %}
    {%- if execute and flags.WHICH in ['build', 'run', 'seed', 'test', 'snapshot'] -%}
        {%- set landing = var('landing') | string -%}
        {%- if not landing -%}
            {{ exceptions.raise_compiler_error("landing is empty: give a folder, --vars '{landing: FOLDER}'.") }}
        {%- endif -%}
        {%- if modules.re.search('[\'\"*?\\[\\]]', landing) -%}
            {{ exceptions.raise_compiler_error("landing " ~ landing ~ " holds a quote or one of * ? [ ], which no folder may have here. Rename it, or link to it under another name.") }}
        {%- endif -%}
        {%- if var('effort') not in ['quick', 'standard', 'full'] -%}
            {{ exceptions.raise_compiler_error("effort '" ~ var('effort') ~ "' is unknown: quick, standard or full.") }}
        {%- endif -%}
        {%- for name, type in [('as_of', 'date'), ('clock', 'timestamp')] if var(name) | string != '' -%}
            {%- set given = var(name) | string -%}
            {%- set hours = '' if name == 'as_of' else '([ T][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?)?' -%}
            {%- set shape = modules.re.match('^[0-9]{4}-[0-9]{2}-[0-9]{2}' ~ hours ~ '$', given) -%}
            {%- set parsed = run_query("select try_cast('" ~ given | replace("'", "''") ~ "' as " ~ type ~ ")").columns[0].values() | first -%}
            {%- if not shape or parsed is none -%}
                {{ exceptions.raise_compiler_error(name ~ " '" ~ given ~ "' is no " ~ ("date: write it as 2023-05-05." if name == 'as_of' else "instant: write it as 2023-05-05 18:20:00 (UTC).")) }}
            {%- endif -%}
        {%- endfor -%}
        {#- unit tests bring their own rows -#}
        {%- set asks_tables = flags.WHICH == 'test' and modules.re.search('(^| )test[.]', selected_resources | join(' ')) -%}
        {%- if asks_tables and run_query("select count(*) from duckdb_tables() where database_name = current_database()").columns[0].values() | first == 0 -%}
            {{ exceptions.raise_compiler_error("Nothing is built in '" ~ env_var('ZL_DB', 'zl.duckdb') ~ "' yet, so there is nothing to test: dbt build --select +zl_predictions") }}
        {%- endif -%}
        {{ refuse_closed_day() }}
        {%- if asks_tables -%}
            {{ refuse_test_of_other_landing(landing) }}
        {%- endif -%}
        {%- if flags.WHICH != 'test' -%}
            {{ refuse_odd_files(landing) }}
            {{ refuse_empty_landing(landing) }}
            {{ say_unread_files(landing) }}
            {{ refuse_other_landing(landing) }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- Stops at an as_of that the calendar built before knows as no session: there is no close to cut at. Days it does not reach are
    asked of the bars later (refuse_unknown_as_of), but a test has nothing else to ask. -#}
{% macro refuse_closed_day() %}
    {%- if var('as_of', '') and is_built('reference', 'trading_calendar') -%}
        {%- set day = "'" ~ var('as_of') ~ "'::date" -%}
        {%- set known = run_query("select count(*) filter (where trade_date = " ~ day ~ "), max(trade_date) filter (where trade_date < " ~ day ~ "), max(trade_date) > " ~ day ~ " from reference.trading_calendar").rows[0] -%}
        {%- if known[0] == 0 and (known[2] or flags.WHICH == 'test') -%}
            {{ exceptions.raise_compiler_error("as_of " ~ var('as_of') ~ " is no session of the trading calendar; the one before it is " ~ known[1] ~ ".") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{#- A test takes clock and declared defects from the landing it is told: told another, it would judge one history by another's. -#}
{% macro refuse_test_of_other_landing(landing) %}
    {%- if is_built('ops', 'build_landing') -%}
        {%- set built = run_query("select landing_path, zl_absolute_path('" ~ landing ~ "') from ops.build_landing").rows[0] -%}
        {%- if built[0] != built[1] -%}
            {{ exceptions.raise_compiler_error("'" ~ env_var('ZL_DB', 'zl.duckdb') ~ "' was built from landing '" ~ built[0] ~ "', and this test was told '" ~ built[1] ~ "'. Test it with --vars '{landing: " ~ built[0] ~ "}'.") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}


{% macro is_built(schema, name) -%}
    {{- return(run_query("select count(*) from duckdb_tables() where database_name = current_database() and schema_name = '" ~ schema ~ "' and table_name = '" ~ name ~ "'").columns[0].values() | first == 1) -}}
{%- endmacro %}


{#- Stops at a file no statement can name, and at a link to nowhere (plugin function). -#}
{% macro refuse_odd_files(landing) %}
    {%- set complaint = run_query("select zl_odd_file('" ~ landing ~ "')").columns[0].values() | first -%}
    {%- if complaint -%}
        {{ exceptions.raise_compiler_error("Refused delivery. " ~ complaint ~ ".") }}
    {%- endif -%}
{% endmacro %}


{% macro refuse_empty_landing(landing) %}
    {%- set n_files = run_query("select count(*) from glob('" ~ landing ~ "/*/*/*.parquet') where not starts_with(parse_filename(file), '.')").columns[0].values() | first -%}
    {%- if n_files == 0 -%}
        {{ exceptions.raise_compiler_error("The landing folder '" ~ landing ~ "' holds no <source>/<table>/*.parquet file (or does not exist). Give another with --vars '{landing: FOLDER}'.") }}
    {%- endif -%}
{% endmacro %}


{% macro refuse_other_landing(landing) %}
    {%- set here = run_query("select zl_absolute_path('" ~ landing ~ "')").columns[0].values() | first -%}
    {%- do run_query("create schema if not exists ops") -%}
    {%- do run_query("create table if not exists ops.build_landing as select '" ~ here ~ "' as landing_path") -%}
    {%- set first_built = run_query("select landing_path from ops.build_landing").columns[0].values() | first -%}
    {%- if first_built != here -%}
        {{ exceptions.raise_compiler_error("This database was built from landing '" ~ first_built ~ "', not from '" ~ here ~ "': one database, one landing. Set ZL_DB to another file (now '" ~ env_var('ZL_DB', 'zl.duckdb') ~ "'), or delete '" ~ env_var('ZL_DB', 'zl.duckdb') ~ ".build' if the folder has only moved.") }}
    {%- endif -%}
    {%- set published = published_database() -%}
    {%- set served_in = env_var('ZL_DB', 'zl.duckdb') if published == 'published' else published -%}
    {%- set tables = run_query("select count(*), count(*) filter (where schema_name = 'ops' and table_name = 'training_runs') from duckdb_tables() where database_name = '" ~ published ~ "' and schema_name || '.' || table_name != 'ops.data_quality_log'").rows[0] -%}
    {%- if tables[0] > 0 and tables[1] == 0 -%}
        {{ exceptions.raise_compiler_error("The database to publish into ('" ~ served_in ~ "') holds " ~ tables[0] ~ " tables that are not this project's. Set ZL_DB (or ZL_MOTHERDUCK) to a database of its own.") }}
    {%- endif -%}
    {%- set served = tables[1] -%}
    {%- if served > 0 -%}
        {%- set published_from = run_query("select zl_absolute_path(landing) from " ~ published ~ ".ops.training_runs").columns[0].values() | first -%}
        {%- if published_from != here -%}
            {{ exceptions.raise_compiler_error("The served forecasts in '" ~ served_in ~ "' come from landing '" ~ published_from ~ "', not from '" ~ here ~ "': one database, one landing. Set ZL_DB (or ZL_MOTHERDUCK) to another.") }}
        {%- endif -%}
    {%- endif -%}
{% endmacro %}
