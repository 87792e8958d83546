{{ config(alias='cboe_vix_1d') }}

{{ land('cboe', 'vix_1d') }}
