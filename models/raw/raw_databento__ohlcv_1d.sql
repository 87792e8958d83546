{{ config(alias='databento_ohlcv_1d') }}

{{ land('databento', 'ohlcv_1d') }}
