with

versions as (

    select * from {{ ref('int_usda_wasde__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['release_date', 'marketing_year', 'attribute']) }}

)

select * from newest
