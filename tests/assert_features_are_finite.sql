-- A division by nothing or a logarithm of nothing must have become NULL on its way.
{{ config(tags=['dq_validity', 'features']) }}
with matrix as (
    select * exclude (as_of_at) from {{ ref('daily_ml_matrix') }}
)

select
    as_of_date,
    feature_name,
    value
from matrix
unpivot (value for feature_name in (columns(* exclude (as_of_date))))
where not isfinite(value)
