{{ config(post_hook="{{ say_quarantined('usda.export_sales', ['commodity', 'country', 'marketing_year', 'week_ending_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_usda__export_sales') }}

),

judged as (

    select
        deliveries.week_ending as week_ending_date,
        deliveries.commodity,
        deliveries.country,
        deliveries.marketing_year,
        deliveries.net_sales_mt,
        deliveries.weekly_exports_mt,
        deliveries.total_commitments_mt,
        deliveries.accumulated_exports_mt,
        deliveries.ingested_at,
        deliveries._file,
        'usda_export_sales' as release_rule,
        case
            when
                {{ is_missing([
                    'deliveries.week_ending', 'deliveries.commodity', 'deliveries.country', 'deliveries.marketing_year',
                    'deliveries.ingested_at'
                ]) }}
                then 'missing_key'
            when
                {{ is_not_finite([
                    'deliveries.net_sales_mt', 'deliveries.weekly_exports_mt', 'deliveries.total_commitments_mt',
                    'deliveries.accumulated_exports_mt'
                ]) }}
                then 'not_finite'
            when deliveries.week_ending > deliveries.ingested_at::date then 'dated_after_delivery'
            when isodow(deliveries.week_ending) != 4 then 'not_a_thursday'
            when
                not regexp_full_match(deliveries.marketing_year, '[0-9]{4}/[0-9]{2}')
                then 'malformed_marketing_year'
            when
                deliveries.weekly_exports_mt < 0
                or deliveries.accumulated_exports_mt < 0
                or deliveries.total_commitments_mt < 0
                then 'negative_exports'
            when
                deliveries.weekly_exports_mt > 1e7
                or abs(deliveries.net_sales_mt) > 3e7
                or deliveries.total_commitments_mt > 1.5e8
                or deliveries.accumulated_exports_mt > 1.5e8
                then 'value_out_of_bounds'
        end as own_reason
    from deliveries

),

released as (

    {{ with_published_at('judged', 'week_ending_date') }}

),

versions as (

    {{ versions('released', [
        'week_ending_date', 'commodity', 'country', 'marketing_year'
    ], [
        'net_sales_mt', 'weekly_exports_mt', 'total_commitments_mt', 'accumulated_exports_mt'
    ]) }}

),

result as (

    select
        week_ending_date,
        commodity,
        country,
        marketing_year,
        net_sales_mt,
        weekly_exports_mt,
        total_commitments_mt,
        accumulated_exports_mt,
        net_sales_mt = 0 and weekly_exports_mt = 0 and country = 'TOTAL' as is_zero_week,
        {{ version_columns() }}
    from versions
    where {{ known_by_cut('known_at') }}

)

select * from result
