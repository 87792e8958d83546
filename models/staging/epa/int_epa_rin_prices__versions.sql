{{ config(post_hook="{{ say_quarantined('epa.rin_prices', ['d_code', 'qap_type', 'rin_year', 'transfer_year', 'week_start_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_epa__rin_prices') }}

),

judged as (

    select
        deliveries.week_start as week_start_date,
        deliveries.transfer_year,
        deliveries.rin_year,
        deliveries.d_code,
        deliveries.qap_type,
        deliveries.price_usd_per_rin,
        deliveries.ingested_at,
        deliveries._file,
        'epa_rin_prices' as release_rule,
        case
            when
                {{ is_missing([
                    'deliveries.week_start', 'deliveries.transfer_year', 'deliveries.rin_year', 'deliveries.d_code',
                    'deliveries.qap_type', 'deliveries.ingested_at'
                ]) }}
                then 'missing_key'
            when {{ is_not_finite(['deliveries.price_usd_per_rin']) }} then 'not_finite'
            when deliveries.week_start > deliveries.ingested_at::date then 'dated_after_delivery'
            when isodow(deliveries.week_start) != 1 then 'not_a_monday'
            when deliveries.price_usd_per_rin <= 0 or deliveries.price_usd_per_rin >= 5 then 'price_out_of_bounds'
        end as own_reason
    from deliveries

),

{{ judged_versions('week_start_date', ['week_start_date', 'transfer_year', 'rin_year', 'd_code', 'qap_type'], [
    'price_usd_per_rin'
]) }}
