-- Weights of a block and horizon are not negative and add up to one.
{{ config(tags=['dq_validity', 'training']) }}
select
    fold_id,
    horizon,
    list_sum(list(weight order by model_name)) as total_weight,
    min(weight) as lowest_weight
from {{ ref('ensemble_weights') }}
group by fold_id, horizon
having
    abs(list_sum(list(weight order by model_name)) - 1) > 1e-9
    or min(weight) < 0
