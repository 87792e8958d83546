-- A run that serves nothing for the newest session has no live forecast: every horizon has to be there.
{{ config(tags=['dq_timeliness', 'forecasts']) }}
select
    horizons.horizon,
    sessions.as_of_date
from {{ ref('horizons') }} as horizons
left join {{ ref('int_zl__sessions') }} as sessions
    on sessions.is_latest
left join {{ ref('zl_predictions') }} as predictions
    on
        horizons.horizon = predictions.horizon
        and sessions.as_of_date = predictions.as_of_date
        and predictions.is_live
where predictions.horizon is null
