with

versions as (

    select * from {{ ref('int_farm_policy_news_articles__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['url']) }}

)

select * from newest
