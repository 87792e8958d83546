-- The largest move between neighbouring values of every FRED series that is a level and stays above 0, as a logarithm: another unit,
-- base year or direction from a day on is a step no market and no economy has made. Daily and weekly rates in
-- percent have a check of their own.
{{ config(tags=['dq_validity', 'fred']) }}
with moves as (

    select
        case
            when observations.series_id in ('DEXCHUS', 'DTWEXBGS') then 'steady rates'
            when observations.series_id like 'DEX%' or observations.series_id like 'DTWEX%' then 'exchange rates'
            when observations.series_id in ('ICSA', 'VIXCLS', 'DCOILBRENTEU', 'DCOILWTICO', 'DHHNGSP') then 'jumping'
            else 'others'
        end as quality_group,
        observations.series_id,
        observations.observation_date,
        abs(ln(observations.value / lag(observations.value) over dates)) as move_log,
        observations.observation_date - lag(observations.observation_date) over dates as gap_days
    from {{ ref('stg_fred__observations') }} as observations
    inner join {{ ref('fred_series') }} as series on observations.series_id = series.series_id
    where
        series.is_active and series.unit not in ('percent', 'percentage points') and observations.value > 0
        -- around 0 by nature, or as good as 0 at times
        and observations.series_id not in ('ANFCI', 'NFCI', 'STLFSI4', 'CFNAI', 'RRPONTSYD', 'USEPUINDXD')
    window dates as (partition by observations.series_id order by observations.observation_date)

),

measures as (

    select
        quality_group,
        series_id,
        max(move_log) as measured,
        arg_max(observation_date, (move_log, observation_date)) as worst_date
    from moves
    where
        -- beyond that is a hole, which is told as one
        gap_days <= 100
        and not {{ is_declared(model.name, 'fred.observations', 'series_id', 'observation_date') }}
    group by quality_group, series_id

)

{{ against_limits('measures', model.name, 'fred.observations') }}
