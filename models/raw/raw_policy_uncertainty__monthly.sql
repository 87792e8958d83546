{{ config(alias='policy_uncertainty_monthly') }}

{{ land('policy_uncertainty', 'monthly') }}
