with members as (

    select as_of_date, horizon, model_name, fold_id, p10_log, p50_log, p90_log
    from {{ ref('bucket_predictions') }}
    union all
    select cast(as_of_date as date), horizon, model_name, fold_id, p10_log, p50_log, p90_log
    from {{ ref('stacked_predictions') }}
    union all
    -- What is served under the name: the ensemble after calibration.
    select cast(as_of_date as date), horizon, 'ensemble', fold_id, p10_log, p50_log, p90_log
    from {{ ref('calibrated_quantiles') }}

),

targets as (

    select * from {{ ref('targets') }}

),

windows as (

    select * from {{ ref('walk_forward_windows') }}
    where is_served

),

runs as (

    select * from {{ ref('training_runs') }}

),

scores as (

    select
        runs.run_id,
        members.as_of_date,
        members.horizon,
        members.model_name,
        members.fold_id,
        {{ pinball('targets.actual_log', 'members.p10_log', 0.1) }} as pinball_p10,
        {{ pinball('targets.actual_log', 'members.p50_log', 0.5) }} as pinball_p50,
        {{ pinball('targets.actual_log', 'members.p90_log', 0.9) }} as pinball_p90,
        targets.actual_log < members.p10_log as is_below_p10,
        targets.actual_log > members.p90_log as is_above_p90,
        targets.actual_log between members.p10_log and members.p90_log as is_inside_band,
        targets.actual_log - members.p50_log as error_log,
        -- Deviations from the median in units of the side the outcome fell on.
        {{ normal_z90() }} * (targets.actual_log - members.p50_log)
        / nullif(
            case
                when targets.actual_log >= members.p50_log then members.p90_log - members.p50_log
                else members.p50_log - members.p10_log
            end,
            0
        ) as deviations
    from members
    inner join targets
        on
            members.as_of_date = targets.as_of_date
            and members.horizon = targets.horizon
    inner join windows
        on
            members.horizon = windows.horizon
            and members.fold_id = windows.fold_id
    cross join runs
    where targets.actual_log is not null

),

averaged as (

    select
        run_id,
        as_of_date,
        horizon,
        model_name,
        fold_id,
        pinball_p10,
        pinball_p50,
        pinball_p90,
        (pinball_p10 + pinball_p50 + pinball_p90) / 3 as pinball,
        is_below_p10,
        is_above_p90,
        is_inside_band,
        error_log,
        {{ normal_cdf('deviations') }} as pit
    from scores

)

select * from averaged
order by as_of_date, horizon, model_name
