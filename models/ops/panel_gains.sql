with scores as (

    select * from {{ ref('benchmark_scores') }}
    where symbol != 'ZL' and model_name != 'ewma'

),

performance as (

    select * from {{ ref('benchmark_performance') }}

),

runs as (

    select * from {{ ref('training_runs') }}

),

-- A root counts by the share of its own EWMA loss that is saved, so that cattle and gas weigh alike. Sums of whole multiples
-- of 1e-15 are exact: no bit depends on the order of the rows.
panel as (

    select
        scores.as_of_date,
        scores.horizon,
        scores.model_name,
        count(*) as n_roots,
        sum(((scores.ewma_pinball - scores.pinball) / performance.ewma_pinball * 1e15)::bigint)::double as gain
    from scores
    inner join performance
        on
            scores.symbol = performance.symbol
            and scores.horizon = performance.horizon
            and scores.model_name = performance.model_name
    group by scores.as_of_date, scores.horizon, scores.model_name

),

gains as (

    select
        runs.run_id,
        panel.as_of_date,
        panel.horizon,
        panel.model_name,
        panel.n_roots,
        panel.gain / 1e15 / panel.n_roots as gain_frac
    from panel
    cross join runs

)

select * from gains
order by as_of_date, horizon, model_name
