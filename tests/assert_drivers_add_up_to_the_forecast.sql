-- What the drivers are said to weigh and to move adds up to the newest forecast: weights to 1, medians to the served one,
-- widths to that of the combination.
{{ config(tags=['dq_consistency', 'forecasts']) }}
with said as (

    select
        as_of_date,
        horizon,
        sum(weight) as total_weight,
        sum(median_shift_log) as median_log,
        1 + sum(width_shift_frac) as width_ratio
    from {{ ref('driver_weights') }}
    group by as_of_date, horizon

),

resting_points as (

    select
        as_of_date,
        horizon,
        p90_log - p10_log as width_log
    from {{ ref('bucket_predictions') }}
    where model_name = '{{ learning_param('ensemble', 'fallback_model') }}'

)

select
    predictions.horizon,
    said.*
from {{ ref('zl_predictions') }} as predictions
inner join {{ ref('ensemble_predictions') }} as combined
    on
        predictions.as_of_date = combined.as_of_date
        and predictions.horizon = combined.horizon
inner join resting_points
    on
        predictions.as_of_date = resting_points.as_of_date
        and predictions.horizon = resting_points.horizon
left join said
    on
        predictions.as_of_date = said.as_of_date
        and predictions.horizon = said.horizon
where
    predictions.is_live
    and (
        said.horizon is null
        or abs(said.total_weight - 1) > 1e-9
        or abs(said.median_log - predictions.p50_log) > 1e-9
        or abs(said.width_ratio * resting_points.width_log - (combined.p90_log - combined.p10_log)) > 1e-9
    )
