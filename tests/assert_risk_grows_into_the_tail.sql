-- CVaR is never below VaR, the 99 % measures never below the 95 %, and a simulation has at least 10,000 paths.
{{ config(tags=['dq_validity', 'forecasts']) }}
select *
from {{ ref('zl_predictions') }}
where
    cvar_95_holder_cents_per_lb < var_95_holder_cents_per_lb
    or cvar_99_holder_cents_per_lb < var_99_holder_cents_per_lb
    or var_99_holder_cents_per_lb < var_95_holder_cents_per_lb
    or cvar_95_buyer_cents_per_lb < var_95_buyer_cents_per_lb
    or cvar_99_buyer_cents_per_lb < var_99_buyer_cents_per_lb
    or var_99_buyer_cents_per_lb < var_95_buyer_cents_per_lb
    or n_paths < 10000
