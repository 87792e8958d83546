-- The largest weekly move of D4 and D6, as a logarithm, of each year since 2014, the first served: in the first weeks of a year its
-- RINs hardly trade, and a handful of transfers at a nominal price makes the week.
{{ config(tags=['dq_validity', 'epa']) }}
with moves as (

    select
        d_code,
        week_start_date,
        abs(ln(price_usd_per_rin / lag(price_usd_per_rin) over weeks)) as move_log,
        week_start_date - lag(week_start_date) over weeks as gap_days
    from {{ ref('stg_epa__rin_prices') }}
    where
        d_code in ('D4', 'D6') and qap_type = 'Unverified' and rin_year = transfer_year and transfer_year = year(week_start_date)
        and price_usd_per_rin > 0
    window weeks as (partition by d_code order by week_start_date)

),

measures as (

    select
        'all' as quality_group,
        d_code,
        year(week_start_date) as transfer_year,
        max(move_log) as measured,
        arg_max(week_start_date, (move_log, week_start_date)) as worst_week
    from moves
    where
        week_start_date >= date '2014-01-01'
        -- beyond that is a hole, which is told as one
        and gap_days <= 21
        and not {{ is_declared(model.name, 'epa.rin_prices', 'd_code', 'week_start_date') }}
    group by all

)

{{ against_limits('measures', model.name, 'epa.rin_prices') }}
