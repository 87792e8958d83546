{{ config(post_hook="{{ say_quarantined('eia.feedstocks', ['series_id', 'month_start_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_eia__feedstocks') }}

),

known_feedstocks as (

    select * from {{ ref('feedstocks') }}

),

judged as (

    select
        deliveries.series_id,
        deliveries.period as month_start_date,
        deliveries.value,
        deliveries.unit,
        deliveries.ingested_at,
        deliveries._file,
        known_feedstocks.release_rule,
        case -- noqa: LT02
            when
                {{ is_missing(['deliveries.series_id', 'deliveries.period', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when known_feedstocks.release_rule is null then 'unknown_series'
            when {{ is_not_finite(['deliveries.value']) }} then 'not_finite'
            when deliveries.period > deliveries.ingested_at::date then 'dated_after_delivery'
            when deliveries.unit is distinct from known_feedstocks.unit then 'unexpected_unit'
            when day(deliveries.period) != 1 then 'not_a_month_start'
            when deliveries.value < 0 then 'negative_quantity'
            when deliveries.value > known_feedstocks.max_value then 'value_out_of_bounds'
        end as own_reason
    from deliveries
    left join known_feedstocks on deliveries.series_id = known_feedstocks.series_id

),

{{ judged_versions('month_start_date', ['series_id', 'month_start_date'], ['value', 'unit']) }}
