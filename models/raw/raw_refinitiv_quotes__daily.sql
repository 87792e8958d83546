{{ config(alias='refinitiv_quotes_daily') }}

{{ land('refinitiv_quotes', 'daily') }}
