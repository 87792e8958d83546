with

versions as (

    select * from {{ ref('int_cboe_vix_1d__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['trade_date']) }}

)

select * from newest
