{#- After every `dbt build` and `dbt test`: one row per check into ops.data_quality_log, which lives in the database people read
    (it is history, and outlasts the scratch file and later publishes), and one line on screen per alarm.

    The same data, code and clock give the same rows: those of the same (checked_at, command, run_id, check_name) are replaced,
    in one transaction. -#}
{% macro log_quality(results) %}
    {%- if execute and flags.WHICH in ['build', 'test'] -%}
        {%- set logged = quality_log() -%}
        {%- set run = quality_run(results) -%}
        {%- set names = [] -%}
        {%- set ended = [] -%}
        {%- set inserts = [] -%}
        {%- for result in results if check_of(result.node) -%}
            {%- set check = check_of(result.node) -%}
            {%- do names.append("'" ~ check.name ~ "'") -%}
            {%- if result.status in ['warn', 'fail'] and not check.measures -%}
                {%- do inserts.append("insert into " ~ logged ~ " select " ~ row_head(run, check, result) ~ ", " ~ found_columns() ~ ", " ~ as_literal(check.description) ~ " from " ~ found_rows(result.node.compiled_code)) -%}
            {%- else -%}
                {%- do ended.append(ended_row(run, check, result)) -%}
            {%- endif -%}
        {%- endfor -%}
        {%- if ended -%}
            {%- do inserts.append("insert into " ~ logged ~ " " ~ with_answers(ended)) -%}
        {%- endif -%}
        {%- if names -%}
            {%- set same_run -%}
                checked_at = {{ run.checked_at }} and command = '{{ flags.WHICH }}' and run_id is not distinct from {{ run.run_id }}
            {%- endset -%}
            {%- do run_query("begin; delete from " ~ logged ~ " where " ~ same_run ~ " and check_name in (" ~ names | join(', ') ~ "); " ~ inserts | join('; ') ~ "; commit") -%}
            {{ say_alarms(logged, same_run ~ " and check_name in (" ~ names | join(", ") ~ ")") }}
        {%- endif -%}
        {%- do run_query("drop table if exists ops.check_answers") -%}
    {%- endif -%}
{% endmacro %}


{#- Name of the log in the database people read; makes it when there is none. -#}
{% macro quality_log() -%}
    {%- set published = published_database() -%}
    {%- do run_query("create schema if not exists " ~ published ~ ".ops") -%}
    {%- do run_query("create table if not exists " ~ published ~ ".ops.data_quality_log (
        checked_at timestamp, command varchar, run_id varchar, check_name varchar, source varchar, dimension varchar,
        severity varchar, status varchar, failing_rows bigint, measured double, limit_value double, offenders varchar,
        description varchar
    )") -%}
    {{- return(published ~ '.ops.data_quality_log') -}}
{%- endmacro %}


{#- SQL of the clock and of the run's id, null unless this command made the run. -#}
{% macro quality_run(results) -%}
    {%- set built = [] -%}
    {%- for result in results if result.status == 'success' -%}{%- do built.append(result.node.unique_id) -%}{%- endfor -%}
    {%- set run_id = 'null' -%}
    {%- if 'model.zl.training_runs' in built -%}
        {%- set run_id = "'" ~ (run_query("select run_id from ops.training_runs").columns[0].values() | first) ~ "'" -%}
    {%- endif -%}
    {%- set tables = run_query("select count(*) from duckdb_tables() where database_name = current_database() and schema_name || '.' || table_name in ('raw.databento_ohlcv_1d', 'reference.trading_calendar')").columns[0].values() | first -%}
    {%- set clock = clock_at('raw.databento_ohlcv_1d', 'reference.trading_calendar') if tables == 2 or var('clock', '') else "(now() at time zone 'UTC')" -%}
    {%- set checked_at = run_query("select strftime(date_trunc('second', coalesce(" ~ clock ~ ", now() at time zone 'UTC')), '%Y-%m-%d %H:%M:%S')").columns[0].values() | first -%}
    {{- return({'run_id': run_id, 'checked_at': "timestamp '" ~ checked_at ~ "'"}) -}}
{%- endmacro %}


{#- What a node checks: name, source, dimension, description; none for what is no check. A raw model is one: it holds its files
    to the contract. -#}
{% macro check_of(node) -%}
    {%- set sources = [
        'databento', 'fred', 'eia', 'epa', 'usda', 'cftc', 'farm_policy_news', 'farmdoc_daily', 'cboe', 'refinitiv_quotes',
        'policy_uncertainty', 'imf', 'features', 'training', 'forecasts', 'reference'
    ] -%}
    {%- if node.resource_type == 'model' and node.schema == 'raw' -%}
        {{- return({
            'name': node.name.replace('raw_', '', 1).replace('__', '_') ~ '_keeps_the_contract', 'source': node.fqn[-1].split('__')[0].replace('raw_', '', 1), 'dimension': 'validity',
            'severity': 'error', 'measures': false, 'description': 'Files are whole, unchanged since they were loaded, and have the columns, types and units of the contract.',
        }) -}}
    {%- elif node.resource_type == 'test' -%}
        {%- set dimension = node.tags | select('in', ['dq_accuracy', 'dq_completeness', 'dq_consistency', 'dq_timeliness', 'dq_validity', 'dq_uniqueness']) | first | default('', true) -%}
        {%- if dimension -%}
            {{- return({
                'name': node.name, 'source': node.tags | select('in', sources) | first, 'dimension': dimension.replace('dq_', ''),
                'severity': node.config.severity | lower, 'measures': 'alarm' in node.config.fail_calc, 'description': check_description(node),
            }) -}}
        {%- endif -%}
    {%- endif -%}
    {{- return(none) -}}
{%- endmacro %}


{#- What a check says: its description, the comment at its top, or the sentence of its generic test. -#}
{% macro check_description(node) -%}
    {%- if node.description -%}
        {{- return(node.description | trim) -}}
    {%- endif -%}
    {%- if node.test_metadata -%}
        {%- set arguments = node.test_metadata.kwargs -%}
        {{- return({
            'unique_key': 'No two rows share ' ~ (arguments.get('columns') or []) | join(', ') ~ ', and none misses a part of it.',
            'unique': 'Every value once.',
            'not_null': (arguments.get('column_name') or '') ~ ' is never missing.',
            'no_nulls': (arguments.get('columns') or []) | join(', ') ~ ': never missing.',
            'accepted_values': (arguments.get('column_name') or '') ~ ' is one of the listed values.',
            'relationships': (arguments.get('column_name') or '') ~ ' is known where it points to.',
            'accepts_every_row': 'No delivered row is refused for a reason of ' ~ (arguments.get('dimension') or '') ~ '.',
            'is_mostly_accepted': 'Of no file and series more than a few rows are refused.',
            'is_not_rewritten': 'No file changes more than single values of an unrevised series.',
            'has_release_times': 'Every valid row knows when it became public.',
            'keeps_every_key': 'Every delivered key is in staging or in quarantine.',
            'is_fresh': 'The newest row is not older than the publisher calendar allows.',
            'is_not_late': 'The newest row is not older than the publisher calendar allows.',
            'within_bounds': (arguments.get('column_name') or '') ~ ' is inside its bounds.',
            'within_seed_bounds': 'Every value is inside the bounds of its series.',
            'all_within_bounds': 'Every value is inside its bounds.',
            'null_share_after_start': 'Columns are rarely missing once they have begun.',
            'quantiles_in_order': 'p10 is at most p50, and p50 at most p90.',
            'labels_agree_with_their_titles': 'Titles, read again by the keyword rules, seldom say the opposite of their tone.',
            'labels_are_versioned': 'Every article has a tone, the version of its rules and the publisher of its feed.',
            'speaks_every_month': 'The feed does not fall silent while the other speaks.',
        }.get(node.test_metadata.name, node.test_metadata.name)) -}}
    {%- endif -%}
    {%- set words = [] -%}
    {%- set top = namespace(is_here=true) -%}
    {%- for line in node.raw_code.split('\n') -%}
        {%- if top.is_here and line.startswith('-- ') -%}
            {%- do words.append(line[3:]) -%}
        {%- else -%}
            {%- set top.is_here = false -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(words | join(' ')) -}}
{%- endmacro %}


{% macro quality_status(result) -%}
    {{- return({'success': 'pass', 'pass': 'pass', 'warn': 'warn', 'skipped': 'skipped'}.get(result.status | string, 'error')) -}}
{%- endmacro %}


{#- First columns of a log row: which check, when and how it ended. -#}
{% macro row_head(run, check, result) -%}
    {{ run.checked_at }}, '{{ flags.WHICH }}', {{ run.run_id }}, {{ as_literal(check.name) }}, {{ as_literal(check.source) }},
    '{{ check.dimension }}', '{{ check.severity }}', '{{ quality_status(result) }}'
{%- endmacro %}


{#- The log row, as values, of a check as it ended: it found no row, was skipped, or could not be run. What it measured is in its
    answer. -#}
{% macro ended_row(run, check, result) -%}
    {%- set status = quality_status(result) -%}
    {%- set found = '0' if status == 'pass' else 'null' -%}
    {%- set words = (result.message or '').split() | join(' ') -%}
    (
        {{ row_head(run, check, result) }}, {{ found }}, {{ found }}, 0,
        {{ 'to_json([' ~ as_literal(words[:500]) ~ '])' if status == 'error' else 'null' }},
        {{ as_literal(check.description) }}
    )
{%- endmacro %}


{#- Select of log rows, with what the checks that measure answered. -#}
{% macro with_answers(ended) -%}
    select
        ended.checked_at, ended.command, ended.run_id, ended.check_name, ended.source, ended.dimension, ended.severity, ended.status,
        {% for column in ['failing_rows', 'measured', 'limit_value', 'offenders'] -%}
        if(answers.check_name is null, ended.{{ column }}, answers.{{ column }}),
        {% endfor -%}
        ended.description
    from (values {{ ended | join(', ') }}) as ended (
        checked_at, command, run_id, check_name, source, dimension, severity, status, failing_rows, measured, limit_value, offenders,
        description
    )
    left join ops.check_answers as answers on ended.check_name = answers.check_name
{%- endmacro %}


{#- Columns of what a check found: how many rows, the worst value with its limit, and at most five offenders, the worst first. -#}
{% macro found_columns() -%}
    found.failing_rows, found.measured, found.limit_value, found.offenders
{%- endmacro %}


{#- What a check found that selects the rows that fail. One row. -#}
{% macro found_rows(sql) -%}
    (
        select
            count(*) as failing_rows,
            count(*) as measured,
            0 as limit_value,
            to_json(list(offender order by offender::varchar)[:5]) as offenders
        from (select to_json(checked) as offender from ({{ sql }}) as checked)
    ) as found
{%- endmacro %}


{#- What a check found that measures: all it measured stands in its rows, with the limit and the alarm. One row. -#}
{% macro found_measures(sql) -%}
    (
        select
            coalesce(max(alarm), 0) as failures,
            count(*) filter (where alarm > 0) as failing_rows,
            list(measured order by worst)[1] as measured,
            list(limit_value order by worst)[1] as limit_value,
            to_json(list(offender order by worst) filter (where alarm > 0 and worst <= 5)) as offenders
        from (
            select
                alarm,
                measured::double as measured,
                coalesce(if(alarm = 2, error_limit, warn_limit), error_limit)::double as limit_value,
                to_json(checked) as offender,
                row_number() over (order by alarm desc, (alarm > 0 and measured is null) desc, coalesce(
                    if(
                        alarm_when = 'below',
                        coalesce(warn_limit, error_limit) / nullif(measured, 0),
                        measured / nullif(coalesce(warn_limit, error_limit), 0)
                    ), measured
                ) desc nulls last, to_json(checked)::varchar) as worst
            from ({{ sql }}) as checked
        )
    ) as found
{%- endmacro %}


{#- A text as an SQL literal; none as null. -#}
{% macro as_literal(text) -%}
    {{- return('null' if text is none else "'" ~ text | string | replace("'", "''") ~ "'") -}}
{%- endmacro %}


{#- One line per alarm: dbt itself says only how many rows failed. -#}
{% macro say_alarms(logged, of_these) %}
    {%- set alarms -%}
        select check_name, source, dimension, status, measured, limit_value, coalesce(offenders[1:160], '')
        from {{ logged }}
        where {{ of_these }} and status in ('warn', 'error')
        order by status, source, check_name
    {%- endset -%}
    {%- for row in run_query(alarms).rows -%}
        {%- do log('Data quality, ' ~ row[3] ~ ': ' ~ row[0] ~ ' (' ~ row[1] ~ ', ' ~ row[2] ~ '): ' ~ ('' if row[4] is none else 'measured ' ~ row[4] ~ ', limit ' ~ row[5] ~ '. ') ~ row[6], info=true) -%}
    {%- endfor -%}
{% endmacro %}
