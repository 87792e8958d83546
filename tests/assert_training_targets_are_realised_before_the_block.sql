-- Planted fault it catches: a training row whose return reaches into the test block.
{{ config(tags=['dq_consistency', 'training']) }}
select
    windows.fold_id,
    windows.horizon,
    targets.as_of_date,
    targets.matured_date
from {{ ref('walk_forward_windows') }} as windows
inner join {{ ref('targets') }} as targets
    on
        windows.horizon = targets.horizon
        and targets.session_index between windows.train_first_index and windows.train_last_index
where targets.matured_date is null or targets.matured_date >= windows.test_first_date
