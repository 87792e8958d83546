{#- The files of a landing table, loaded once each. The columns of the source are the contract: a file that cannot be read,
    was changed after it was loaded or breaks the contract stops the build in one line, before anything served has changed.
    No files give an empty relation with the right types. -#}
{% macro land(source_name, table_name) -%}
    {%- set lineage = source(source_name, table_name) -%}
    {%- if execute -%}
        {%- set contract = landing_contract(source_name, table_name) -%}
        {%- set new_files = new_landing_files(source_name, table_name) -%}
        {%- if new_files -%}
            {%- do refuse_unreadable_pages(new_files) -%}
            {%- do refuse_broken_schema(contract, new_files) -%}
            {%- do refuse_unknown_values(contract, new_files) -%}
        {%- endif -%}
        {{ landed_rows(contract, new_files) }}
    {%- endif -%}
{%- endmacro %}


{#- Columns of a source in their order: name, data_type, accepted values. -#}
{% macro landing_contract(source_name, table_name) -%}
    {%- set found = graph.sources.values()
        | selectattr('source_name', 'equalto', source_name)
        | selectattr('name', 'equalto', table_name) | first -%}
    {%- set columns = [] -%}
    {%- for column in found.columns.values() -%}
        {%- do columns.append({
            'name': column.name,
            'data_type': column.data_type,
            'accepted': (column.meta or {}).get('accepted') or ((column.config or {}).get('meta') or {}).get('accepted'),
        }) -%}
    {%- endfor -%}
    {{- return(columns) -}}
{%- endmacro %}


{#- Files not loaded yet, as {path, name, hash}. Hidden ones (a delivery that is being written, what a Mac puts beside
    each file) are no deliveries. Content, not modification time, tells whether a file is the one loaded. -#}
{% macro new_landing_files(source_name, table_name) -%}
    {%- set folder = var('landing') ~ '/' ~ source_name ~ '/' ~ table_name -%}
    {%- set found = run_query("select file from glob('" ~ folder ~ "/*.parquet') where not starts_with(parse_filename(file), '.')").columns[0].values() -%}
    {%- set known = {} -%}
    {%- if is_incremental() -%}
        {%- for row in run_query('select distinct _file, _file_hash from ' ~ this).rows -%}
            {%- do known.update({row[0]: row[1]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {%- set new_files = [] -%}
    {%- set seen = [] -%}
    {%- if found -%}
        {%- set files %}
            select
                filename,
                md5(content) as file_hash,
                size,
                size >= 12 and content[1:4] = 'PAR1'::blob and content[size - 3:size] = 'PAR1'::blob as is_whole
            from read_blob('{{ folder }}/*.parquet')
            where not starts_with(parse_filename(filename), '.')
            order by filename
        {%- endset -%}
        {%- for row in run_query(files).rows -%}
            {%- set name = source_name ~ '/' ~ table_name ~ '/' ~ row[0].split('/')[-1] -%}
            {%- do seen.append(name) -%}
            {%- if name in known -%}
                {%- if known[name] != row[1] -%}
                    {%- do refuse_delivery(row[0], 'changed after it was loaded: expected the content with md5 ' ~ known[name] ~ ', found ' ~ row[1] ~ '. Restore it and deliver revisions as new files, or delete ' ~ env_var('ZL_DB', 'zl.duckdb') ~ '.build to load everything anew') -%}
                {%- endif -%}
            {%- elif row[2] == 0 -%}
                {%- do refuse_delivery(row[0], 'expected a Parquet file, found an empty file (0 bytes)') -%}
            {%- elif not row[3] -%}
                {%- do refuse_delivery(row[0], 'expected a whole Parquet file, found no PAR1 mark at one of its ends: truncated or not Parquet (' ~ row[2] ~ ' bytes)') -%}
            {%- else -%}
                {%- do new_files.append({'path': row[0], 'name': name, 'hash': row[1]}) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endif -%}
    {%- for name in known if name not in seen -%}
        {%- do refuse_delivery(var('landing') ~ '/' ~ name, 'vanished after it was loaded: expected the content with md5 ' ~ known[name] ~ ', found no file. Landing is append-only: restore it, or delete ' ~ env_var('ZL_DB', 'zl.duckdb') ~ '.build to load everything anew') -%}
    {%- endfor -%}
    {{- return(new_files) -}}
{%- endmacro %}


{#- Stops at a file whose footer or pages cannot be decoded although both marks are there (plugin function). -#}
{% macro refuse_unreadable_pages(new_files) -%}
    {%- set paths = new_files | map(attribute='path') | join('\n') -%}
    {%- set complaint = run_query("select zl_unreadable_file('" ~ paths ~ "')").columns[0].values() | first -%}
    {%- if complaint -%}
        {%- do exceptions.raise_compiler_error('Refused delivery. ' ~ complaint.split(': ')[0] ~ ': expected a readable Parquet file, found: ' ~ complaint.split(': ')[1:] | join(': ') ~ '.') -%}
    {%- endif -%}
{%- endmacro %}


{#- Stops when names or types of a file's columns differ from the contract; tells all differences at once. -#}
{% macro refuse_broken_schema(contract, new_files) -%}
    {%- set differences %}
        with
        expected as (
            select files.file_name, columns.name, columns.data_type
            from (values {% for column in contract %}('{{ column.name }}', '{{ column.data_type }}'){{ ', ' if not loop.last }}{% endfor %}) as columns (name, data_type)
            cross join (values {% for file in new_files %}('{{ file.path }}'){{ ', ' if not loop.last }}{% endfor %}) as files (file_name)
        ),
        found as (
            select
                file_name,
                name,
                case
                    when count(*) > 1 then count(*) || ' columns of that name'
                    when max(num_children) > 0 then 'nested columns'
                    else any_value(duckdb_type)
                end as data_type
            from parquet_schema([{% for file in new_files %}'{{ file.path }}'{{ ', ' if not loop.last }}{% endfor %}])
            where column_id > 0  -- 0 is the file itself
            group by all
        )
        select
            coalesce(expected.file_name, found.file_name) as path,
            coalesce(expected.name, found.name) as column_name,
            coalesce(expected.data_type, 'no such column') as expected_type,
            coalesce(found.data_type, 'no such column') as found_type
        from expected
        full join found on expected.file_name = found.file_name and expected.name = found.name
        where expected.data_type is distinct from found.data_type
        order by all
    {%- endset -%}
    {%- set lines = [] -%}
    {%- for row in run_query(differences).rows -%}
        {%- do lines.append(row[0] ~ ': column ' ~ row[1] ~ ': expected ' ~ row[2] ~ ', found ' ~ row[3]) -%}
    {%- endfor -%}
    {%- if lines -%}
        {%- do exceptions.raise_compiler_error('Refused delivery. ' ~ lines | join('; ') ~ '.') -%}
    {%- endif -%}
{%- endmacro %}


{#- Stops at a value (a unit, a code) the contract does not list. NULL is left to staging. -#}
{% macro refuse_unknown_values(contract, new_files) -%}
    {%- for column in contract if column.accepted -%}
        {%- set unknown %}
            select filename, {{ column.name }}, count(*)
            from read_parquet([{% for file in new_files %}'{{ file.path }}'{{ ', ' if not loop.last }}{% endfor %}], filename = true, hive_partitioning = false)
            where {{ column.name }} not in ({% for value in column.accepted %}'{{ value }}'{{ ', ' if not loop.last }}{% endfor %})
            group by all
            order by all
        {%- endset -%}
        {%- set lines = [] -%}
        {%- for row in run_query(unknown).rows -%}
            {%- do lines.append(row[0] ~ ': column ' ~ column.name ~ ": expected one of " ~ column.accepted | join(', ') ~ ", found '" ~ row[1] ~ "' in " ~ row[2] ~ ' rows') -%}
        {%- endfor -%}
        {%- if lines -%}
            {%- do exceptions.raise_compiler_error('Refused delivery. ' ~ lines | join('; ') ~ '.') -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{% macro refuse_delivery(path, why) -%}
    {%- do exceptions.raise_compiler_error('Refused delivery. ' ~ path ~ ': ' ~ why ~ '.') -%}
{%- endmacro %}


{#- The rows of new files, with the file's own columns: a folder named like one (key=value) is a folder. -#}
{% macro landed_rows(contract, new_files) -%}
{%- if new_files -%}
select
    {%- for column in contract %}
    {{ column.name }},
    {%- endfor %}
    files.name as _file,
    files.file_hash as _file_hash
from read_parquet(
    [{% for file in new_files %}'{{ file.path }}'{{ ', ' if not loop.last }}{% endfor %}],
    filename = 'landing_path',
    hive_partitioning = false
) as deliveries
inner join (values {% for file in new_files %}('{{ file.path }}', '{{ file.name }}', '{{ file.hash }}'){{ ', ' if not loop.last }}{% endfor %}) as files (path, name, file_hash)
    on deliveries.landing_path = files.path
{%- else -%}
select
    {%- for column in contract %}
    null::{{ column.data_type }} as {{ column.name }},
    {%- endfor %}
    null::varchar as _file,
    null::varchar as _file_hash
where false
{%- endif -%}
{%- endmacro %}
