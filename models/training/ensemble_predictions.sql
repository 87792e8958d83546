with members as (

    select as_of_date, horizon, model_name, fold_id, p10_log, p50_log, p90_log
    from {{ ref('bucket_predictions') }}
    union all
    select cast(as_of_date as date), horizon, model_name, fold_id, p10_log, p50_log, p90_log
    from {{ ref('stacked_predictions') }}

),

weights as (

    select * from {{ ref('ensemble_weights') }}
    where weight > 0

),

runs as (

    select * from {{ ref('training_runs') }}

),

-- One weight per model, shared by the three quantiles; summed in the order of the names, so that the bits never depend on threads.
combined as (

    select
        members.as_of_date,
        members.horizon,
        members.fold_id,
        list_sum(list(weights.weight * members.p10_log order by members.model_name)) as p10_log,
        list_sum(list(weights.weight * members.p50_log order by members.model_name)) as p50_log,
        list_sum(list(weights.weight * members.p90_log order by members.model_name)) as p90_log,
        count(*) as n_members
    from members
    inner join weights
        on
            members.horizon = weights.horizon
            and members.fold_id = weights.fold_id
            and members.model_name = weights.model_name
    group by members.as_of_date, members.horizon, members.fold_id

),

expected as (

    select horizon, fold_id, count(*) as n_weighted
    from weights
    group by horizon, fold_id

),

-- A date on which a weighted member is missing would be combined with weights that do not add up to one.
complete as (

    select
        runs.run_id,
        'ensemble' as model_name,
        combined.as_of_date,
        combined.horizon,
        combined.fold_id,
        if(
            combined.n_members = expected.n_weighted,
            combined.p10_log,
            error('ensemble member missing on ' || combined.as_of_date || ', horizon ' || combined.horizon)
        ) as p10_log,
        combined.p50_log,
        combined.p90_log,
        combined.n_members
    from combined
    inner join expected
        on
            combined.horizon = expected.horizon
            and combined.fold_id = expected.fold_id
    cross join runs

)

select * from complete
order by as_of_date, horizon
