-- A session without a row would be a forecast never made; a row without a session a forecast of nothing.
{{ config(tags=['dq_completeness', 'features']) }}
select
    coalesce(sessions.as_of_date, matrix.as_of_date) as as_of_date,
    sessions.as_of_date is null as is_without_session
from {{ ref('int_zl__sessions') }} as sessions
full join {{ ref('daily_ml_matrix') }} as matrix on sessions.as_of_date = matrix.as_of_date
where sessions.as_of_date is null or matrix.as_of_date is null
