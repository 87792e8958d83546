with

versions as (

    select * from {{ ref('int_usda_nass_crush__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['month_start_date']) }}

)

select * from newest
