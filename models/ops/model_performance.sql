with scores as (

    select * from {{ ref('forecast_scores') }}

),

horizons as (

    select * from {{ ref('horizons') }}

),

pool as (

    select * from {{ ref('bucket_predictions') }}
    where model_name = 'volatility_pool'

),

-- Every scored session of a horizon once: how turbulent the pool expected it to be, and how many matured since.
sessions as (

    select
        scores.horizon,
        scores.as_of_date,
        ntile(3) over (
            partition by scores.horizon order by pool.p90_log - pool.p10_log, scores.as_of_date
        ) as tercile,
        row_number() over (partition by scores.horizon order by scores.as_of_date desc) as sessions_back,
        count(*) over (partition by scores.horizon) as n_sessions
    from scores
    inner join pool
        on
            scores.as_of_date = pool.as_of_date
            and scores.horizon = pool.horizon
    where scores.model_name = 'volatility_pool'

),

trailing_windows as (

    select unnest([63, 252, 756]) as n_back

),

periods as (

    select horizon, as_of_date, 'all' as period_kind, 'all' as period
    from sessions
    union all
    select horizon, as_of_date, 'year', year(as_of_date)::varchar
    from sessions
    union all
    select horizon, as_of_date, 'volatility_tercile', ['low', 'middle', 'high'][tercile]
    from sessions
    union all
    -- A horizon with fewer matured sessions than the window has no such row.
    select sessions.horizon, sessions.as_of_date, 'trailing_sessions', windows.n_back::varchar
    from sessions
    inner join trailing_windows as windows
        on
            sessions.sessions_back <= windows.n_back
            and sessions.n_sessions >= windows.n_back

),

-- The benchmarks' losses on the very rows of the model.
compared as (

    select
        scores.*,
        ewma.pinball as ewma_pinball,
        volatility_pool.pinball as volatility_pool_pinball,
        climatology.pinball as climatology_pinball
    from scores
    {% for benchmark in ['ewma', 'volatility_pool', 'climatology'] %}
    left join scores as {{ benchmark }}
        on
            scores.as_of_date = {{ benchmark }}.as_of_date
            and scores.horizon = {{ benchmark }}.horizon
            and {{ benchmark }}.model_name = '{{ benchmark }}'
    {% endfor %}

),

-- Float means run over lists in the order of time: the same bits in every build.
gathered as (

    select
        compared.run_id,
        compared.horizon,
        compared.model_name,
        periods.period_kind,
        periods.period,
        min(compared.as_of_date) as first_as_of_date,
        max(compared.as_of_date) as last_as_of_date,
        count(*) as n_rows,
        count(*) filter (where compared.is_inside_band) as n_inside,
        count(*) filter (where compared.is_below_p10) as n_below_p10,
        count(*) filter (where compared.is_above_p90) as n_above_p90,
        {% for loss in [
            'pinball', 'pinball_p10', 'pinball_p50', 'pinball_p90',
            'ewma_pinball', 'volatility_pool_pinball', 'climatology_pinball'
        ] %}
        list(compared.{{ loss }} order by compared.as_of_date) as {{ loss }}s,
        {% endfor %}
        list(abs(compared.error_log) order by compared.as_of_date) as absolute_errors
    from compared
    inner join periods
        on
            compared.as_of_date = periods.as_of_date
            and compared.horizon = periods.horizon
    group by
        compared.run_id,
        compared.horizon,
        compared.model_name,
        periods.period_kind,
        periods.period

),

performance as (

    select
        gathered.run_id,
        gathered.horizon,
        gathered.model_name,
        gathered.period_kind,
        gathered.period,
        gathered.first_as_of_date,
        gathered.last_as_of_date,
        gathered.n_rows,
        gathered.n_rows / horizons.horizon_sessions as n_eff,
        list_avg(gathered.pinballs) as pinball,
        list_avg(gathered.pinball_p10s) as pinball_p10,
        list_avg(gathered.pinball_p50s) as pinball_p50,
        list_avg(gathered.pinball_p90s) as pinball_p90,
        {% for benchmark in ['ewma', 'volatility_pool', 'climatology'] %}
        case
            when list_count(gathered.{{ benchmark }}_pinballs) = gathered.n_rows
                then 1 - list_sum(gathered.pinballs) / list_sum(gathered.{{ benchmark }}_pinballs)
        end as skill_against_{{ benchmark }}_frac,
        {% endfor %}
        gathered.n_inside / gathered.n_rows as coverage_frac,
        gathered.n_below_p10 / gathered.n_rows as below_p10_frac,
        gathered.n_above_p90 / gathered.n_rows as above_p90_frac,
        list_avg(gathered.absolute_errors) as mean_absolute_error_log
    from gathered
    inner join horizons
        on gathered.horizon = horizons.horizon

)

select * from performance
order by horizon, model_name, period_kind, period
