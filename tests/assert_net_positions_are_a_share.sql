-- Net positions are at most the whole open interest, and a contract code keeps its six characters.
{{ config(tags=['dq_validity', 'cftc']) }}
select *
from {{ ref('stg_cftc__cot_legacy') }}
where
    abs(noncommercial_long - noncommercial_short) > open_interest
    or abs(commercial_long - commercial_short) > open_interest
    or length(cftc_contract_code) != 6
