{#- Tells on screen which files of the landing no table reads: a misspelt folder would otherwise be an empty table in silence. -#}
{% macro say_unread_files(landing) -%}
    {%- set tables = [] -%}
    {%- for node in graph.sources.values() -%}
        {%- do tables.append("'" ~ node.source_name ~ '/' ~ node.name ~ "'") -%}
    {%- endfor -%}
    {%- set unread %}
        select count(*), min(file)
        from glob('{{ landing }}/**')
        where
            file not in (select file from glob('{{ landing }}/*'))  -- a README beside the sources
            and not starts_with(parse_filename(file), '.')  -- a delivery that is being written
            and file not in (
                select file from glob('{{ landing }}/*/*/*.parquet')
                where string_split(file, '/')[-3] || '/' || string_split(file, '/')[-2] in ({{ tables | join(', ') }})
            )
    {%- endset -%}
    {%- set found = run_query(unread).rows[0] -%}
    {%- if found[0] > 0 -%}
        {%- do log(
            'Not read: ' ~ found[0] ~ (' file, ' if found[0] == 1 else ' files, first ') ~ found[1]
            ~ ': a delivery is ' ~ landing ~ '/<source>/<table>/<name>.parquet, with a table of models/raw/_raw.yml.', info=true
        ) -%}
    {%- endif -%}
{%- endmacro %}
