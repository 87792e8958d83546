with

versions as (

    select * from {{ ref('int_epa_rin_prices__versions') }}

),

newest as (

    {{ last_valid_version('versions', ['week_start_date', 'transfer_year', 'rin_year', 'd_code', 'qap_type']) }}

)

select * from newest
