-- D4 and D6, the liquid codes, are quoted every week (running year, unverified); over New Year up to three weeks are missing.
{{ config(tags=['dq_completeness', 'epa'], severity='warn') }}
select
    d_code,
    week_start_date,
    lag(week_start_date) over (partition by d_code order by week_start_date) as week_before_date
from {{ ref('stg_epa__rin_prices') }}
where d_code in ('D4', 'D6') and qap_type = 'Unverified' and rin_year = transfer_year
qualify week_start_date - week_before_date > 21
