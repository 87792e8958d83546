{{ config(alias='epa_rin_prices') }}

{{ land('epa', 'rin_prices') }}
