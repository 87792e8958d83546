-- An outcome is below a quantile exactly when its PIT is below the quantile's level, but for the last bits.
{{ config(tags=['dq_consistency', 'forecasts']) }}
select
    as_of_date,
    horizon,
    model_name,
    pit
from {{ ref('forecast_scores') }}
where
    (is_below_p10 and pit > 0.1 + 1e-9) or (not is_below_p10 and pit < 0.1 - 1e-9)
    or (error_log < 0 and pit > 0.5 + 1e-9) or (error_log > 0 and pit < 0.5 - 1e-9)
    or (is_above_p90 and pit < 0.9 - 1e-9) or (not is_above_p90 and pit > 0.9 + 1e-9)
