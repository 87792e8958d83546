with

versions as (

    select * from {{ ref('int_policy_uncertainty_monthly__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['month_start_date', 'category']) }}

)

select * from newest
