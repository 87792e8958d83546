-- Trade policy uncertainty of three months against the median of the ten years before them, as a logarithm: the index of a calm
-- month may be close to 0 by itself, three of them are not a twentieth of what is usual. The lowest.
{{ config(tags=['dq_validity', 'policy_uncertainty']) }}
with levels as (

    select
        category,
        month_start_date,
        avg(value) over (partition by category order by month_start_date rows 2 preceding) as value_3m,
        median(value) over ten_years_before as usual_value,
        count(value) over ten_years_before as n_cases
    from {{ ref('stg_policy_uncertainty__monthly') }}
    where category = '9. Trade policy'
    window ten_years_before as (partition by category order by month_start_date rows between 122 preceding and 3 preceding)

),

ratios as (

    select
        *,
        ln(greatest(value_3m, 0.001) / greatest(usual_value, 0.001)) as ratio_log
    from levels
    where n_cases >= 60

),

measures as (

    select
        'all' as quality_group,
        category,
        min(ratio_log) as measured,
        arg_min(month_start_date, ratio_log) as worst_month
    from ratios
    group by category

)

{{ against_limits('measures', model.name, 'policy_uncertainty.monthly') }}
