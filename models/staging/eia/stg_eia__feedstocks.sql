with

versions as (

    select * from {{ ref('int_eia_feedstocks__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['series_id', 'month_start_date']) }}

)

select * from newest
