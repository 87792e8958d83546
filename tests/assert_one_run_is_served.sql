-- A served set is one run: no relation may carry another run_id.
{{ config(tags=['dq_consistency', 'forecasts']) }}
{%- set carrying = [
    'zl_predictions', 'forecast_scores', 'model_performance', 'bucket_predictions', 'ensemble_predictions', 'driver_weights',
    'panel_gains', 'benchmark_performance'
] %}
with run_ids as (

    {% for model in carrying %}
    select distinct run_id from {{ ref(model) }}
    {{ 'union' if not loop.last }}
    {%- endfor %}

)

select run_ids.run_id
from run_ids
left join {{ ref('training_runs') }} as runs
    on run_ids.run_id = runs.run_id
where runs.run_id is null
