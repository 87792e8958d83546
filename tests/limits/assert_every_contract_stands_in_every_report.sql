-- A report that names one of our contracts names them all, and no week is left out. A contract is expected from its first
-- report on, and one that features read and no report has ever named from the first of all.
{{ config(tags=['dq_completeness', 'cftc']) }}
with positions as (

    select * from {{ ref('stg_cftc__cot_legacy') }}

),

listed as (

    select cftc_contract_code
    from {{ ref('cot_contracts') }}
    where symbol in ('ZL', 'ZS', 'ZM', 'ZC')

),

named as (

    select
        cftc_contract_code,
        min(report_date) as first_report_date
    from positions
    group by cftc_contract_code

),

contracts as (

    select
        coalesce(named.cftc_contract_code, listed.cftc_contract_code) as cftc_contract_code,
        coalesce(named.first_report_date, min(named.first_report_date) over ()) as first_report_date
    from named
    full join listed on named.cftc_contract_code = listed.cftc_contract_code

),

reports as (

    select
        report_date,
        report_date - lag(report_date) over (order by report_date) as gap_days
    from positions
    group by report_date

),

measures as (

    select
        'days' as quality_group,
        report_date,
        gap_days as measured,
        null as missing
    from reports
    where gap_days is not null
    union all
    select
        'contracts',
        reports.report_date,
        count(*) filter (where positions.cftc_contract_code is null),
        nullif(
            list(contracts.cftc_contract_code order by contracts.cftc_contract_code)
            filter (where positions.cftc_contract_code is null)::varchar, '[]'
        )
    from reports
    inner join contracts on reports.report_date >= contracts.first_report_date
    left join positions
        on
            reports.report_date = positions.report_date
            and contracts.cftc_contract_code = positions.cftc_contract_code
    group by reports.report_date

)

{{ against_limits('measures', model.name, 'cftc.cot_legacy') }}
