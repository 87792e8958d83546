-- Longs and spreads, like shorts and spreads, of all groups are the open interest, exactly; net positions are at most all of it.
{{ config(tags=['dq_consistency', 'cftc']) }}
select *
from {{ ref('stg_cftc__cot_legacy') }}
where
    noncommercial_long + noncommercial_spread + commercial_long + nonreportable_long != open_interest
    or noncommercial_short + noncommercial_spread + commercial_short + nonreportable_short != open_interest
    or abs(noncommercial_long - noncommercial_short) > open_interest
    or length(cftc_contract_code) != 6
