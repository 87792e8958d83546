{{ config(alias='imf_commodity_prices') }}

{{ land('imf', 'commodity_prices') }}
