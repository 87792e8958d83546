{{ config(post_hook="{{ refuse_short_history() }}") }}
with sessions as (

    select * from {{ ref('int_zl__sessions') }}

),

horizons as (

    select * from {{ ref('horizons') }}

),

-- Fixed dates, never counted from the end of the data: a new day changes no old fold.
anchors as (

    select anchor_at::date as anchor_date
    from (
        select unnest(generate_series(
            timestamp '2000-01-01',
            (select max(as_of_date) from sessions)::timestamp,
            to_months({{ learning_param('walk_forward', 'refit_months') }})
        )) as anchor_at
    )

),

blocks as (

    select
        anchors.anchor_date,
        (
            anchors.anchor_date
            + to_months({{ learning_param('walk_forward', 'refit_months') }})
            - interval 1 day
        )::date as test_block_end_date,
        min(sessions.session_index) as test_first_index,
        max(sessions.session_index) as test_last_index,
        min(sessions.as_of_date) as test_first_date,
        max(sessions.as_of_date) as test_last_date
    from anchors
    inner join sessions
        on
            sessions.as_of_date >= anchors.anchor_date
            and sessions.as_of_date
            < anchors.anchor_date + to_months({{ learning_param('walk_forward', 'refit_months') }})
    group by anchors.anchor_date

),

learnable as (

    select
        *,
        -- From the first January that leaves the stacker its unserved years on.
        date_trunc(
            'year',
            (select min(anchor_date) from blocks where test_first_index > {{ learning_param('walk_forward', 'min_train_sessions') }})
            + to_years({{ learning_param('walk_forward', 'unserved_years') }})
            + interval 1 year - interval 1 day
        )::date as served_from_date
    from blocks
    where test_first_index > {{ learning_param('walk_forward', 'min_train_sessions') }}

),

-- x x x x . . y y y     x train   . purged (h sessions)   y test
windows as (

    select
        strftime(learnable.anchor_date, '%Y-%m-%d') as fold_id,
        horizons.horizon,
        horizons.horizon_sessions,
        first_session.session_index as train_first_index,
        last_session.session_index as train_last_index,
        learnable.test_first_index,
        learnable.test_last_index,
        first_session.as_of_date as train_first_date,
        last_session.as_of_date as train_last_date,
        learnable.test_first_date,
        learnable.test_last_date,
        learnable.test_block_end_date,
        learnable.anchor_date >= learnable.served_from_date as is_served
    from learnable
    cross join horizons
    inner join sessions as first_session
        on first_session.session_index = 1
    inner join sessions as last_session
        on last_session.session_index = learnable.test_first_index - horizons.horizon_sessions - 1

)

select * from windows
order by test_first_index, horizon_sessions
