-- Contracts of cot_contracts without a report in the 30 days up to the newest one, of those that report at all.
{{ config(tags=['dq_completeness', 'cftc']) }}
with positions as (

    select * from {{ ref('stg_cftc__cot_disaggregated') }}

),

newest as (

    select max(report_date) as report_date from positions

),

reported as (

    select distinct positions.cftc_contract_code
    from positions
    inner join newest on positions.report_date > newest.report_date - 30

),

measures as (

    select
        'all' as quality_group,
        count(*) filter (where reported.cftc_contract_code is null) as measured,
        string_agg(contracts.symbol, ' ' order by contracts.symbol) filter (where reported.cftc_contract_code is null) as missing
    from {{ ref('cot_contracts') }} as contracts
    cross join newest
    left join reported on contracts.cftc_contract_code = reported.cftc_contract_code
    where newest.report_date is not null
    having count(*) > 0

)

{{ against_limits('measures', model.name, 'cftc.cot_disaggregated') }}
