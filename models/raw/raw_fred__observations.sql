{{ config(alias='fred_observations') }}

{{ land('fred', 'observations') }}
