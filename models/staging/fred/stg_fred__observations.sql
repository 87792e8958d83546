with

versions as (

    select * from {{ ref('int_fred_observations__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['series_id', 'observation_date']) }}

)

select * from newest
