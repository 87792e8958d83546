-- A report that repeats every position of the week before: last week's file under this week's date.
{{ config(tags=['dq_accuracy', 'cftc'], severity='warn') }}
{%- set positions = [
    'open_interest', 'noncommercial_long', 'noncommercial_short', 'noncommercial_spread', 'commercial_long', 'commercial_short',
    'nonreportable_long', 'nonreportable_short',
] %}
select
    cftc_contract_code,
    report_date,
    open_interest
from {{ ref('stg_cftc__cot_legacy') }}
where open_interest > 0
window dates as (partition by cftc_contract_code order by report_date)
qualify {% for position in positions %}{{ position }} = lag({{ position }}) over dates{{ ' and ' if not loop.last }}{% endfor %}
order by all
