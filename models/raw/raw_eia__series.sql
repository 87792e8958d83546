{{ config(alias='eia_series') }}

{{ land('eia', 'series') }}
