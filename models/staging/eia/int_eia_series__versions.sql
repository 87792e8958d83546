{{ config(post_hook="{{ say_quarantined('eia.series', ['series_id', 'period_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_eia__series') }}

),

eia_series as (

    select * from {{ ref('eia_series') }}

),

judged as (

    select
        deliveries.series_id,
        deliveries.period as period_date,
        deliveries.value,
        deliveries.unit,
        deliveries.ingested_at,
        deliveries._file,
        eia_series.release_rule,
        case -- noqa: LT02
            when
                {{ is_missing(['deliveries.series_id', 'deliveries.period', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when eia_series.release_rule is null then 'unknown_series'
            when {{ is_not_finite(['deliveries.value']) }} then 'not_finite'
            when deliveries.period > deliveries.ingested_at::date then 'dated_after_delivery'
            when deliveries.unit is distinct from eia_series.unit then 'unexpected_unit'
            when eia_series.frequency = 'daily' and isodow(deliveries.period) > 5 then 'not_a_weekday'
            when
                deliveries.value < eia_series.min_value
                or deliveries.value > eia_series.max_value
                then 'value_out_of_bounds'
        end as own_reason
    from deliveries
    left join eia_series on deliveries.series_id = eia_series.series_id

),

{{ judged_versions('period_date', ['series_id', 'period_date'], ['value', 'unit']) }}
