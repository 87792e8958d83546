with

versions as (

    select * from {{ ref('int_usda_export_sales__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['week_ending_date', 'commodity', 'country', 'marketing_year']) }}

)

select * from newest
