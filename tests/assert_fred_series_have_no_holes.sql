-- From 2014, the first year served, an active series has a value in every period: daily within 10 days of the one before,
-- weekly 8, monthly 31, quarterly 92.
{{ config(tags=['dq_completeness', 'fred'], severity='warn') }}
with dates as (

    select
        observations.series_id,
        observations.observation_date,
        series.frequency,
        lag(observations.observation_date) over (
            partition by observations.series_id order by observations.observation_date
        ) as previous_date
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where series.is_active and observations.value is not null

)

select *
from dates
where
    previous_date >= date '2014-01-01'
    and observation_date - previous_date > case frequency when 'daily' then 10 when 'weekly' then 8 when 'monthly' then 31 else 92 end
