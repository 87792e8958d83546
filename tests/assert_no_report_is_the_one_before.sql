-- A report that repeats every position of the week before: last week's file under this week's date.
{{ config(tags=['dq_accuracy', 'cftc'], severity='warn') }}
select
    cftc_contract_code,
    report_date,
    open_interest
from {{ ref('stg_cftc__cot_legacy') }}
where open_interest > 0
window dates as (partition by cftc_contract_code order by report_date)
qualify
    (open_interest, noncommercial_long, noncommercial_short, noncommercial_spread, commercial_long, commercial_short)
    = (
        lag(open_interest) over dates, lag(noncommercial_long) over dates, lag(noncommercial_short) over dates,
        lag(noncommercial_spread) over dates, lag(commercial_long) over dates, lag(commercial_short) over dates
    )
order by all
