-- Thin bars of a wrong contract are routine; anything else in quarantine deserves a look.
{{ config(tags=['dq_validity'], severity='warn') }}
select *
from {{ ref('quarantine') }}
where quarantine_reason != 'wrong_contract_volume'
