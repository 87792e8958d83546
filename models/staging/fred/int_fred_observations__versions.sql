{{ config(post_hook="{{ say_quarantined('fred.observations', ['series_id', 'observation_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_fred__observations') }}

),

fred_series as (

    select * from {{ ref('fred_series') }}

),

judged as (

    select
        deliveries.series_id,
        deliveries.observation_date,
        deliveries.value,
        deliveries.realtime_start,
        deliveries.ingested_at,
        deliveries._file,
        fred_series.release_rule,
        case
            when
                {{ is_missing(['deliveries.series_id', 'deliveries.observation_date', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when fred_series.release_rule is null then 'unknown_series'
            when {{ is_not_finite(['deliveries.value']) }} then 'not_finite'
            when deliveries.observation_date > deliveries.ingested_at::date then 'dated_after_delivery'
            when
                fred_series.frequency in ('monthly', 'quarterly') and day(deliveries.observation_date) != 1
                then 'not_a_month_start'
            when
                fred_series.frequency = 'daily' and not fred_series.has_weekends and isodow(deliveries.observation_date) > 5
                then 'not_a_weekday'
            when
                deliveries.value < fred_series.min_value
                or deliveries.value > fred_series.max_value
                then 'value_out_of_bounds'
        end as own_reason
    from deliveries
    left join fred_series on deliveries.series_id = fred_series.series_id

),

{{ judged_versions('observation_date', ['series_id', 'observation_date'], ['value'], 'realtime_start') }}
