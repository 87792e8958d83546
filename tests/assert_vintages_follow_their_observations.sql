-- A vintage that began before the day it describes: no value is printed before there is one, so one of the two dates is wrong.
{{ config(tags=['dq_consistency', 'fred'], severity='warn') }}
select
    series_id,
    observation_date,
    realtime_start,
    _file as file
from {{ ref('int_fred_observations__versions') }}
where quarantine_reason is null and realtime_start < observation_date
order by all
