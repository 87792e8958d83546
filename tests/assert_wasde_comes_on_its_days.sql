-- Reports dated outside the 8th to the 14th, the days of every report since 2014: one dated too early is known too early.
{{ config(tags=['dq_consistency', 'usda'], severity='warn') }}
select distinct release_date
from {{ ref('stg_usda__wasde') }}
where day(release_date) not between 8 and 14
order by all
