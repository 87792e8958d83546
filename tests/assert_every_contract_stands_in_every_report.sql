-- A report that names one of our contracts names them all, and no week is left out.
{{ config(tags=['dq_completeness', 'cftc'], severity='warn') }}
with reports as (

    select
        report_date,
        count(*) as n_contracts,
        lag(report_date) over (order by report_date) as report_before_date
    from {{ ref('stg_cftc__cot_legacy') }}
    group by report_date

)

select *
from reports
where
    n_contracts < (select max(n_contracts) from reports)
    or report_date - report_before_date > 8
