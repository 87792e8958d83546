-- A report that names one of our contracts names them all, and no week is left out. A contract is expected from its first
-- report on.
{{ config(tags=['dq_completeness', 'cftc']) }}
with positions as (

    select * from {{ ref('stg_cftc__cot_legacy') }}

),

contracts as (

    select
        cftc_contract_code,
        min(report_date) as first_report_date
    from positions
    group by cftc_contract_code

),

reports as (

    select
        report_date,
        count(*) as n_contracts,
        report_date - lag(report_date) over (order by report_date) as gap_days
    from positions
    group by report_date

),

measures as (

    select
        'days' as quality_group,
        report_date,
        gap_days as measured
    from reports
    where gap_days is not null
    union all
    select
        'contracts',
        reports.report_date,
        count(*) - any_value(reports.n_contracts)
    from reports
    inner join contracts on reports.report_date >= contracts.first_report_date
    group by reports.report_date

)

{{ against_limits('measures', model.name, 'cftc.cot_legacy') }}
