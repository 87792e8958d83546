with forecasts as (

    select symbol, as_of_date, horizon, model_name, p10_log, p50_log, p90_log
    from {{ ref('benchmark_forecasts') }}

),

bars as (

    select * from {{ ref('int_bars__roll_neutral') }}

),

horizons as (

    select * from {{ ref('horizons') }}

),

windows as (

    select * from {{ ref('walk_forward_windows') }}
    where is_served

),

last_editions as (

    select symbol, max(edition_at) as edition_at
    from bars
    group by symbol

),

-- The newest knowledge of every root: scores judge forecasts by what is true today.
newest as (

    select
        bars.symbol,
        bars.trade_date,
        bars.session_index,
        bars.adj_close,
        -- a price of nothing or less has no log return, and adj_close goes on as if nothing had moved
        count(*) filter (where bars.return_log is null) over (
            partition by bars.symbol order by bars.session_index
        ) as n_unknown_returns
    from bars
    inner join last_editions
        on
            bars.symbol = last_editions.symbol
            and bars.edition_at = last_editions.edition_at

),

-- Each root on its own axis of valid sessions; what moved by an unknown return has no outcome.
outcomes as (

    select
        today.symbol,
        today.trade_date as as_of_date,
        horizons.horizon,
        ln(later.adj_close / today.adj_close) as actual_log
    from newest as today
    cross join horizons
    inner join newest as later
        on
            today.symbol = later.symbol
            and later.session_index = today.session_index + horizons.horizon_sessions
            and later.n_unknown_returns = today.n_unknown_returns
    where today.trade_date >= (select min(windows.test_first_date) from windows)

),

scores as (

    select
        forecasts.symbol,
        forecasts.as_of_date,
        forecasts.horizon,
        forecasts.model_name,
        (
            {{ pinball('outcomes.actual_log', 'forecasts.p10_log', 0.1) }}
            + {{ pinball('outcomes.actual_log', 'forecasts.p50_log', 0.5) }}
            + {{ pinball('outcomes.actual_log', 'forecasts.p90_log', 0.9) }}
        ) / 3 as pinball,
        outcomes.actual_log between forecasts.p10_log and forecasts.p90_log as is_inside_band
    from forecasts
    inner join outcomes
        on
            forecasts.symbol = outcomes.symbol
            and forecasts.as_of_date = outcomes.as_of_date
            and forecasts.horizon = outcomes.horizon

),

compared as (

    select
        scores.*,
        ewma.pinball as ewma_pinball
    from scores
    inner join scores as ewma
        on
            scores.symbol = ewma.symbol
            and scores.as_of_date = ewma.as_of_date
            and scores.horizon = ewma.horizon
            and ewma.model_name = 'ewma'

)

select * from compared
