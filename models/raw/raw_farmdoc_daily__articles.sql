{{ config(alias='farmdoc_daily_articles') }}

{{ land('farmdoc_daily', 'articles') }}
