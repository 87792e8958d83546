with targets as (

    select * from {{ ref('targets') }}

),

pool as (

    select * from {{ ref('benchmark_forecasts') }}
    where symbol = 'ZL' and model_name = 'volatility_pool'

),

blend as (

    select * from {{ ref('benchmark_forecasts') }}
    where symbol = 'ZL' and model_name = 'volatility_blend'

),

standardised as (

    select
        targets.as_of_date,
        targets.horizon,
        targets.horizon_sessions,
        targets.session_index,
        targets.matured_date,
        (pool.p90_log - pool.p50_log) / {{ normal_z90() }} as vol_forecast_log,
        (blend.p90_log - blend.p50_log) / {{ normal_z90() }} as blend_forecast_log,
        targets.target_log,
        targets.target_log * {{ normal_z90() }} / (pool.p90_log - pool.p50_log) as target_std
    from targets
    inner join pool
        on
            targets.as_of_date = pool.as_of_date
            and targets.horizon = pool.horizon
    inner join blend
        on
            targets.as_of_date = blend.as_of_date
            and targets.horizon = blend.horizon

)

select * from standardised
order by as_of_date, horizon_sessions
