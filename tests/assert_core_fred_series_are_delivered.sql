-- Of the project's 29 FRED series at least 24 active ones are delivered.
{{ config(tags=['dq_completeness', 'fred'], severity='warn') }}
{%- set query %}
select
    count(observations.series_id) as n_delivered,
    string_agg(core.series_id, ' ' order by core.series_id) filter (where observations.series_id is null) as missing
from {{ ref('fred_series') }} as core
left join (select distinct series_id from {{ ref('stg_fred__observations') }}) as observations
    on core.series_id = observations.series_id
where core.is_core and core.is_active
having count(observations.series_id) < 24
{%- endset %}
{{ told(query) }}
