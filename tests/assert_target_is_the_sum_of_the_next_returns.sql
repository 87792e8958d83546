-- Planted faults it catches: a target shifted by a session, a roll jump left in, the last h rows filled.
{{ config(tags=['dq_accuracy', 'training']) }}
with newest as (

    select
        trade_date,
        return_log
    from {{ ref('int_bars__roll_neutral') }}
    where symbol = 'ZL'
    qualify edition_at = max(edition_at) over ()

),

summed as (

    select
        trade_date,
        coalesce(sum(return_log) over (order by trade_date), 0) as log_since_start
    from newest

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
        matured.as_of_date as matured_date,
        summed_to_end.log_since_start - summed_to_start.log_since_start as actual_log
    from sessions
    cross join horizons
    left join sessions as matured
        on matured.session_index = sessions.session_index + horizons.horizon_sessions
    left join summed as summed_to_start on sessions.as_of_date = summed_to_start.trade_date
    left join summed as summed_to_end on matured.as_of_date = summed_to_end.trade_date

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
    or coalesce(abs(targets.actual_log - recomputed.actual_log) > 1e-9, targets.actual_log is not null)
