-- A served set is one run: no relation may carry another run_id.
{{ config(tags=['dq_consistency', 'forecasts']) }}
with run_ids as (

    select distinct run_id from {{ ref('zl_predictions') }}
    union
    select distinct run_id from {{ ref('forecast_scores') }}
    union
    select distinct run_id from {{ ref('model_performance') }}
    union
    select distinct run_id from {{ ref('bucket_predictions') }}
    union
    select distinct run_id from {{ ref('ensemble_predictions') }}
    union
    select distinct run_id from {{ ref('driver_weights') }}
    union
    select distinct run_id from {{ ref('panel_gains') }}
    union
    select distinct run_id from {{ ref('benchmark_performance') }}

)

select run_ids.run_id
from run_ids
left join {{ ref('training_runs') }} as runs
    on run_ids.run_id = runs.run_id
where runs.run_id is null
