-- A value of exactly 0 behind one that was far from it: what a loader writes who takes '.' for a number. Yields and spreads may be
-- 0, but come there by hundredths. What the Federal Reserve takes in overnight and the activity index have no such road.
{{ config(tags=['dq_completeness', 'fred'], severity='warn') }}
select
    series_id,
    observation_date,
    previous_value
from (
    select
        series_id,
        observation_date,
        value,
        lag(value) over (partition by series_id order by observation_date) as previous_value
    from {{ ref('stg_fred__observations') }}
    where value is not null and series_id not in ('RRPONTSYD', 'CFNAI')
)
where value = 0 and abs(previous_value) > 0.5
order by all
