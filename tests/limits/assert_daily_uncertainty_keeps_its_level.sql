-- Daily policy uncertainty of 28 days against the two years before them, both as medians, as a logarithm: single days are noise, the
-- median of four weeks is not a tenth or ten times of what is usual. The furthest.
{{ config(tags=['dq_validity', 'fred']) }}
with levels as (

    select
        series_id,
        observation_date,
        median(value) over (order by observation_date rows 27 preceding) as recent_value,
        median(value) over two_years_before as usual_value,
        count(value) over two_years_before as n_before
    from {{ ref('stg_fred__observations') }}
    where series_id = 'USEPUINDXD' and value is not null
    window two_years_before as (order by observation_date rows between 757 preceding and 28 preceding)

),

ratios as (

    select
        *,
        abs(ln(greatest(recent_value, 0.001) / greatest(usual_value, 0.001))) as ratio_log
    from levels
    where n_before >= 250

),

measures as (

    select
        'uncertainty' as quality_group,
        series_id,
        max(ratio_log) as measured,
        arg_max(observation_date, ratio_log) as worst_date
    from ratios
    group by series_id

)

{{ against_limits('measures', model.name, 'fred.observations') }}
