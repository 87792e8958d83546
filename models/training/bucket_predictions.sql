{%- set learners = [
    ref('specialist_crush'), ref('specialist_china'), ref('specialist_fx'), ref('specialist_fed'),
    ref('specialist_tariff'), ref('specialist_biofuel'), ref('specialist_energy'), ref('specialist_volatility'),
    ref('main_predictor'), ref('chronos_baseline')
] -%}
with level_0 as (

    {% for learner in learners %}
    select as_of_date, horizon, model_name, p10_log, p50_log, p90_log
    from {{ learner }}
    union all
    {% endfor %}
    select as_of_date, horizon, model_name, p10_log, p50_log, p90_log
    from {{ ref('benchmark_forecasts') }}
    where symbol = 'ZL'

),

windows as (

    select * from {{ ref('walk_forward_windows') }}

),

targets as (

    select * from {{ ref('targets') }}

),

runs as (

    select * from {{ ref('training_runs') }}

),

predictions as (

    select
        runs.run_id,
        level_0.model_name,
        cast(level_0.as_of_date as date) as as_of_date,
        level_0.horizon,
        if(targets.as_of_date = runs.last_as_of_date, 'live', 'oof') as prediction_type,
        windows.fold_id,
        level_0.p10_log,
        level_0.p50_log,
        level_0.p90_log,
        targets.actual_log
    from level_0
    inner join targets
        on
            level_0.as_of_date = targets.as_of_date
            and level_0.horizon = targets.horizon
    -- Only dates of a test block: what comes before them was never forecast out of sample by all.
    inner join windows
        on
            level_0.horizon = windows.horizon
            and targets.session_index between windows.test_first_index and windows.test_last_index
    cross join runs

)

select * from predictions
order by as_of_date, horizon, model_name
