-- EPA restates earlier weeks with every download: by how much, in the median of a file.
{{ config(tags=['dq_accuracy', 'epa']) }}
with restated as (

    select
        _file,
        version_number,
        abs(ln(price_usd_per_rin / lag(price_usd_per_rin) over (
            partition by week_start_date, transfer_year, rin_year, d_code, qap_type order by version_number
        ))) as change_log
    from {{ ref('int_epa_rin_prices__versions') }}
    where quarantine_reason is null

),

measures as (

    select
        'all' as quality_group,
        _file as file,
        median(change_log) as measured,
        count(*) as n_cases
    from restated
    where version_number > 1 and change_log is not null
    group by _file

)

{{ against_limits('measures', model.name, 'epa.rin_prices', counts_cases=true) }}
