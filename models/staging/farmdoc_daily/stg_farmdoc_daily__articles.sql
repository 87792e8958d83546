with

versions as (

    select * from {{ ref('int_farmdoc_daily_articles__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['url']) }}

)

select * from newest
