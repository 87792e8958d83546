-- Share of a series' reports of the last year that a delivery six hours after their release time did not hold, and a later one
-- brought: their rule says the world knew them before it did, and every backtest has used them too early. A history delivered at
-- once tells nothing, nor does what was published before the series was first delivered.
{{ config(tags=['dq_timeliness', 'fred']) }}
with deliveries as (

    select distinct ingested_at from {{ ref('raw_fred__observations') }}

),

reports as (

    select
        versions.series_id,
        fred_series.release_rule,
        versions.published_at,
        max(versions.observation_date) as observation_date,
        min(versions.ingested_at) as first_delivered_at
    from {{ ref('int_fred_observations__versions') }} as versions
    inner join {{ ref('fred_series') }} as fred_series on versions.series_id = fred_series.series_id
    where versions.version_number = 1
    group by versions.series_id, fred_series.release_rule, versions.published_at

),

live_reports as (

    select *
    from reports
    qualify
        published_at > min(first_delivered_at) over (partition by series_id)
        and count(*) over (partition by series_id, first_delivered_at) <= 10
        and published_at > max(first_delivered_at) over (partition by series_id) - interval 366 day

),

judged as (

    select
        live_reports.*,
        -- the first delivery that could have held it, unless the one that did was still of the same pull
        coalesce(deliveries.ingested_at + interval 6 hour < live_reports.first_delivered_at, false) as is_late
    from live_reports
    asof left join deliveries on live_reports.published_at + interval 6 hour <= deliveries.ingested_at

),

measures as (

    select
        'all' as quality_group,
        series_id,
        release_rule,
        avg(is_late::integer) as measured,
        count(*) as n_cases,
        max(observation_date) filter (where is_late) as last_late_date,
        max(first_delivered_at) filter (where is_late) as last_late_at
    from judged
    group by series_id, release_rule

)

{{ against_limits('measures', model.name, 'fred.observations', counts_cases=true) }}
