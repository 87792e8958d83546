-- Planted fault it catches: a purge of h - 1 sessions, or a window that trains on its own test block.
{{ config(tags=['dq_consistency', 'training']) }}
select *
from {{ ref('walk_forward_windows') }}
where
    train_last_index != test_first_index - horizon_sessions - 1
    or train_first_index != 1
    or test_last_index < test_first_index
