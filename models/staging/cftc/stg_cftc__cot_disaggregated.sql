with

versions as (

    select * from {{ ref('int_cftc_cot_disaggregated__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['report_date', 'cftc_contract_code']) }}

)

select * from newest
