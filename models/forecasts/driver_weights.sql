{%- set fallback = learning_param('ensemble', 'fallback_model') -%}
with level_0 as (

    select * from {{ ref('bucket_predictions') }}

),

stack as (

    select * from {{ ref('stacked_predictions') }}

),

weights as (

    select * from {{ ref('ensemble_weights') }}

),

buckets as (

    select * from {{ ref('buckets') }}

),

runs as (

    select * from {{ ref('training_runs') }}

),

members as (

    select
        level_0.as_of_date,
        level_0.horizon,
        level_0.fold_id,
        level_0.model_name,
        case
            when buckets.bucket is not null then 'driver'
            when level_0.model_name = 'main' then 'main'
            when level_0.model_name = 'chronos_bolt' then 'chronos'
            else 'benchmark'
        end as kind,
        level_0.p10_log,
        level_0.p50_log,
        level_0.p90_log
    from level_0
    inner join runs on level_0.as_of_date = runs.last_as_of_date
    left join buckets on level_0.model_name = buckets.bucket
    union all
    -- Of the stacker, what may be weighted.
    select
        cast(stack.as_of_date as date),
        stack.horizon,
        stack.fold_id,
        stack.model_name,
        'stacker',
        stack.p10_log,
        stack.p50_log,
        stack.p90_log
    from stack
    inner join runs on cast(stack.as_of_date as date) = runs.last_as_of_date
    semi join weights
        on
            stack.horizon = weights.horizon
            and stack.fold_id = weights.fold_id
            and stack.model_name = weights.model_name

),

blocks as (

    select
        horizon,
        fold_id,
        min(reason) as reason
    from weights
    group by horizon, fold_id

),

resting_points as (

    select
        horizon,
        p90_log - p10_log as width_log
    from members
    where model_name = '{{ fallback }}'

),

weighted as (

    select
        members.*,
        weights.weight,
        weights.weight * members.p50_log as median_shift_log,
        weights.weight * ((members.p90_log - members.p10_log) / resting_points.width_log - 1) as width_shift_frac,
        members.kind in ('driver', 'main', 'chronos') as is_stacked,
        max(weights.weight) filter (members.kind = 'stacker') over (partition by members.horizon) as stacker_weight,
        blocks.reason
    from members
    inner join resting_points on members.horizon = resting_points.horizon
    inner join blocks
        on
            members.horizon = blocks.horizon
            and members.fold_id = blocks.fold_id
    left join weights
        on
            members.horizon = weights.horizon
            and members.fold_id = weights.fold_id
            and members.model_name = weights.model_name

),

voices as (

    select
        runs.run_id,
        weighted.as_of_date,
        weighted.horizon,
        weighted.model_name,
        weighted.kind,
        weighted.model_name = '{{ fallback }}' as is_fallback,
        case
            when weighted.weight > 0 then 'itself'
            when weighted.is_stacked and weighted.stacker_weight > 0 then 'stacker'
            when weighted.kind = 'benchmark' then 'no weight'
            else 'silent'
        end as voice,
        weighted.weight,
        weighted.p50_log,
        weighted.median_shift_log,
        weighted.width_shift_frac,
        weighted.reason
    from weighted
    cross join runs

)

select * from voices
order by horizon, kind, model_name
