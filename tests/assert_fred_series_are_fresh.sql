-- FRED series older than quality_limits allows for their frequency, although the next release is out; ended series are not late.
{{ config(tags=['dq_timeliness', 'fred'], severity='warn') }}
{%- set clock = clock_at() %}
with

newest_by_series as (
    select
        observations.series_id,
        series.release_rule,
        case
            when series.release_rule = 'fred_h10' then 'h10'
            when series.release_rule = 'fred_spot' then 'spot'
            when series.series_id in ('CPIAUCSL', 'UNRATE', 'PAYEMS') then 'monthly_headline'
            else series.frequency
        end as quality_group,
        max(observations.observation_date) as newest_date
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where series.is_active and observations.value is not null
    group by all
),

awaited as (
    select
        newest_by_series.*,
        limits.warn_days,
        (newest_by_series.newest_date + to_days(limits.step_days) + to_months(limits.step_months))::date as next_date
    from newest_by_series
    inner join {{ ref('quality_limits') }} as limits
        on limits.source_table = 'fred.observations' and limits.quality_group = newest_by_series.quality_group
),

releases as (
    {{ release_times('awaited', 'next_date') }}
)

select
    awaited.series_id,
    awaited.newest_date,
    date_diff('day', awaited.newest_date, {{ clock }}::date) as age_days,
    awaited.warn_days
from awaited
left join releases on awaited.release_rule = releases.release_rule and awaited.next_date = releases.anchor_date
where
    date_diff('day', awaited.newest_date, {{ clock }}::date) > awaited.warn_days
    and coalesce(releases.published_at, {{ clock }}) <= {{ clock }}
