with

versions as (

    select * from {{ ref('int_imf_commodity_prices__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['month_start_date', 'commodity']) }}

)

select * from newest
