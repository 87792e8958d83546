-- A symbol, series or contract without a row in the seeds has no release rule: it is refused, not guessed.
{{ config(tags=['dq_validity'], severity='warn') }}
{%- set query %}
select
    source_table,
    quarantine_reason,
    min(key_text) as first_key,
    max(key_text) as last_key,
    count(*) as n_rows
from {{ ref('quarantine') }}
where quarantine_reason in ('unknown_symbol', 'unknown_series', 'unknown_contract', 'unknown_category')
group by all
{%- endset %}
{{ told(query) }}
