-- D4 and D6, the liquid codes, are quoted every week (running year, unverified), D3 and D5 where they trade. The widest gap of
-- each code and year; none of a liquid code that has never come where others have.
{{ config(tags=['dq_completeness', 'epa']) }}
with gaps as (

    select
        d_code,
        week_start_date,
        week_start_date - lag(week_start_date) over (partition by d_code order by week_start_date) as gap_days
    from {{ ref('stg_epa__rin_prices') }}
    where qap_type = 'Unverified' and rin_year = transfer_year

),

measures as (

    select
        if(d_code in ('D4', 'D6'), 'liquid', 'thin') as quality_group,
        d_code,
        year(week_start_date) as transfer_year,
        max(gap_days) as measured,
        arg_max(week_start_date, gap_days) as first_week_after
    from gaps
    where
        gap_days is not null
        and not {{ is_declared(model.name, 'epa.rin_prices', 'd_code', 'week_start_date') }}
    group by all
    union all
    select
        'liquid',
        liquid.d_code,
        null,
        null,
        null
    from (values ('D4'), ('D6')) as liquid (d_code)
    left join gaps on liquid.d_code = gaps.d_code
    where gaps.d_code is null and (select count(*) from gaps) > 0

)

{{ against_limits('measures', model.name, 'epa.rin_prices') }}
