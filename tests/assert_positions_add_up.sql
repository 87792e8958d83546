-- Longs and spreads, like shorts and spreads, of all groups are the open interest, exactly.
{{ config(tags=['dq_accuracy', 'cftc']) }}
select *
from {{ ref('stg_cftc__cot_legacy') }}
where
    noncommercial_long + noncommercial_spread + commercial_long + nonreportable_long != open_interest
    or noncommercial_short + noncommercial_spread + commercial_short + nonreportable_short != open_interest
