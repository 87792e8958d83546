-- A biomass-diesel RIN may replace a conventional one: share of the weeks of a year with D4 more than a tenth below D6, beyond what two
-- reports of one price differ by. Codes swapped by a loader are beyond any year.
{{ config(tags=['dq_validity', 'epa']) }}
with weeks as (

    select
        week_start_date,
        max(price_usd_per_rin) filter (where d_code = 'D4') as d4_usd_per_rin,
        max(price_usd_per_rin) filter (where d_code = 'D6') as d6_usd_per_rin
    from {{ ref('stg_epa__rin_prices') }}
    where qap_type = 'Unverified' and rin_year = transfer_year and transfer_year = year(week_start_date)
    group by week_start_date

),

measures as (

    select
        'all' as quality_group,
        year(week_start_date) as transfer_year,
        count(*) filter (where d4_usd_per_rin < 0.9 * d6_usd_per_rin) / count(*) as measured,
        count(*) as n_cases
    from weeks
    where
        d4_usd_per_rin is not null and d6_usd_per_rin is not null
        and not {{ is_declared(model.name, 'epa.rin_prices', "'all'", 'week_start_date') }}
    group by transfer_year

)

{{ against_limits('measures', model.name, 'epa.rin_prices', counts_cases=true) }}
