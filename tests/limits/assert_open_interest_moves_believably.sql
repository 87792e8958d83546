-- Open interest against the report before, the largest move of each contract and year: a report in another unit, or of
-- another contract, still adds up.
{{ config(tags=['dq_validity', 'cftc']) }}
with moves as (

    select
        cftc_contract_code,
        report_date,
        abs(open_interest / lag(open_interest) over (partition by cftc_contract_code order by report_date) - 1) as move_frac
    from {{ ref('stg_cftc__cot_legacy') }}

),

measures as (

    select
        'all' as quality_group,
        cftc_contract_code,
        year(report_date) as report_year,
        max(move_frac) as measured,
        arg_max(report_date, move_frac) as worst_report_date
    from moves
    where move_frac is not null
    group by all

)

{{ against_limits('measures', model.name, 'cftc.cot_legacy') }}
