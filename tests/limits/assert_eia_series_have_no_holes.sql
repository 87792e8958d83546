-- From 2014 on a mapped EIA series has a price on every business day but for holidays. The widest gap of each.
{{ config(tags=['dq_completeness', 'eia']) }}
with gaps as (

    select
        observations.series_id,
        series.frequency as quality_group,
        observations.period_date,
        lag(observations.period_date) over (
            partition by observations.series_id order by observations.period_date
        ) as previous_date
    from {{ ref('stg_eia__series') }} as observations
    inner join {{ ref('eia_series') }} as series on observations.series_id = series.series_id
    where observations.value is not null

),

measures as (

    select
        quality_group,
        series_id,
        max(period_date - previous_date) as measured,
        arg_max(period_date, period_date - previous_date) as first_date_after
    from gaps
    where previous_date >= date '2014-01-01'
    group by quality_group, series_id

)

{{ against_limits('measures', model.name, 'eia.series') }}
