-- Planted faults it catches: a target shifted by a session, a roll jump left in, the last h rows filled.
{{ config(tags=['dq_accuracy', 'training']) }}
with newest as (

    select *
    from {{ ref('int_bars__roll_neutral') }}
    where symbol = 'ZL'
    qualify edition_at = max(edition_at) over ()

),

horizons as (

    select * from {{ ref('horizons') }}

),

sessions as (

    select * from {{ ref('int_zl__sessions') }}

),

recomputed as (

    select
        sessions.as_of_date,
        horizons.horizon,
        list_sum(list(newest.return_log order by newest.trade_date)) as actual_log,
        any_value(matured.as_of_date) as matured_date
    from sessions
    cross join horizons
    left join sessions as matured
        on matured.session_index = sessions.session_index + horizons.horizon_sessions
    left join newest
        on newest.trade_date > sessions.as_of_date and newest.trade_date <= matured.as_of_date
    group by sessions.as_of_date, horizons.horizon

)

select
    targets.as_of_date,
    targets.horizon,
    targets.actual_log,
    recomputed.actual_log as recomputed_log
from {{ ref('targets') }} as targets
inner join recomputed
    on
        targets.as_of_date = recomputed.as_of_date
        and targets.horizon = recomputed.horizon
where
    (targets.actual_log is null) != (recomputed.matured_date is null)
    or abs(targets.actual_log - recomputed.actual_log) > 1e-9
