-- No forecaster may drop out in silence: ten of level 0, six benchmarks and the ensemble on every served session, and both
-- stackers from their first forecast of the horizon on, which comes within a year of the first served session.
{{ config(tags=['dq_completeness', 'training']) }}
with expected_models as (

    select unnest([
        'crush', 'china', 'fx', 'fed', 'tariff', 'biofuel', 'energy', 'volatility', 'main', 'chronos_bolt',
        'climatology', 'ewma', 'har_fhs', 'gjr_t_fhs', 'volatility_blend', 'volatility_pool', 'ensemble'
    ]) as model_name

),

late_models as (

    select unnest(['stack_l1', 'stack_l2']) as model_name

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

stackers as (

    select
        horizon,
        model_name,
        min(as_of_date) as first_date
    from {{ ref('stacked_predictions') }}
    group by horizon, model_name

),

predicted as (

    select as_of_date, horizon, model_name from {{ ref('bucket_predictions') }}
    union all
    select as_of_date, horizon, model_name from {{ ref('stacked_predictions') }}
    union all
    select as_of_date, horizon, 'ensemble' from {{ ref('zl_predictions') }}

),

expected as (

    select
        served_sessions.as_of_date,
        served_sessions.horizon,
        expected_models.model_name
    from served_sessions
    cross join expected_models
    union all
    select
        served_sessions.as_of_date,
        served_sessions.horizon,
        late_models.model_name
    from served_sessions
    cross join late_models
    left join stackers
        on
            served_sessions.horizon = stackers.horizon
            and late_models.model_name = stackers.model_name
    where served_sessions.as_of_date >= least(
        coalesce(stackers.first_date, date '9999-12-31'),
        (select min(as_of_date) from served_sessions) + interval 1 year
    )

)

select expected.*
from expected
left join predicted
    on
        expected.as_of_date = predicted.as_of_date
        and expected.horizon = predicted.horizon
        and expected.model_name = predicted.model_name
where predicted.model_name is null
