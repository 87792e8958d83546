with scores as (

    select * from {{ ref('benchmark_scores') }}

),

runs as (

    select * from {{ ref('training_runs') }}

),

-- Sums of whole multiples of 1e-15: exact, so that no bit depends on the order of the rows.
summed as (

    select
        symbol,
        horizon,
        model_name,
        count(*) as n_rows,
        count(*) filter (where is_inside_band) as n_inside,
        sum((pinball * 1e15)::bigint)::double as pinball,
        sum((ewma_pinball * 1e15)::bigint)::double as ewma_pinball
    from scores
    group by symbol, horizon, model_name

),

performance as (

    select
        runs.run_id,
        summed.symbol,
        summed.horizon,
        summed.model_name,
        summed.n_rows,
        summed.pinball / 1e15 / summed.n_rows as pinball,
        summed.ewma_pinball / 1e15 / summed.n_rows as ewma_pinball,
        1 - summed.pinball / summed.ewma_pinball as skill_against_ewma_frac,
        summed.n_inside / summed.n_rows as coverage_frac
    from summed
    cross join runs

)

select * from performance
order by symbol, horizon, model_name
