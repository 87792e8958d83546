with

versions as (

    select * from {{ ref('int_databento_ohlcv_1d__versions') }}

),

bars as (

    {{ last_valid_version('versions', ['symbol', 'trade_date']) }}

)

select * from bars
