with

versions as (

    select * from {{ ref('int_refinitiv_quotes_daily__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['ric', 'quote_date']) }}

)

select * from newest
