-- No forecaster may drop out in silence: ten of level 0, five benchmarks and the ensemble on every served session.
{{ config(tags=['dq_completeness']) }}
with expected_models as (

    select unnest([
        'crush', 'china', 'fx', 'fed', 'tariff', 'biofuel', 'energy', 'volatility', 'main', 'chronos_bolt',
        'climatology', 'ewma', 'har_fhs', 'gjr_t_fhs', 'volatility_pool', 'ensemble'
    ]) as model_name

),

served_sessions as (

    select
        targets.as_of_date,
        targets.horizon
    from {{ ref('targets') }} as targets
    inner join {{ ref('walk_forward_windows') }} as windows
        on
            targets.horizon = windows.horizon
            and windows.is_served
            and targets.session_index between windows.test_first_index and windows.test_last_index

),

predicted as (

    select as_of_date, horizon, model_name from {{ ref('bucket_predictions') }}
    union all
    select as_of_date, horizon, 'ensemble' from {{ ref('zl_predictions') }}

)

select
    served_sessions.as_of_date,
    served_sessions.horizon,
    expected_models.model_name
from served_sessions
cross join expected_models
left join predicted
    on
        served_sessions.as_of_date = predicted.as_of_date
        and served_sessions.horizon = predicted.horizon
        and expected_models.model_name = predicted.model_name
where predicted.model_name is null
