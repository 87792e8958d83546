with

versions as (

    select * from {{ ref('int_eia_series__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['series_id', 'period_date']) }}

)

select * from newest
