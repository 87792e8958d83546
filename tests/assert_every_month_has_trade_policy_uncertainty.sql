-- Months whose delivery lacks the category the tariff bucket reads: its authors number the names, and a new number is another name.
{{ config(tags=['dq_completeness', 'policy_uncertainty'], severity='warn') }}
select month_start_date
from {{ ref('stg_policy_uncertainty__monthly') }}
group by month_start_date
having count(*) filter (where category = '9. Trade policy') = 0
order by all
