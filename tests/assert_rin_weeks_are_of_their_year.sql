-- Weeks of RIN prices lie a multiple of seven days apart, and a week belongs to the transfer year of one of its days; a RIN is
-- of the year of its transfer or of one before.
{{ config(tags=['dq_consistency', 'epa'], severity='warn') }}
select *
from {{ ref('stg_epa__rin_prices') }}
where
    (week_start_date - date '2010-06-28') % 7 != 0
    or transfer_year not in (year(week_start_date), year(week_start_date + 6))
    or rin_year > transfer_year
