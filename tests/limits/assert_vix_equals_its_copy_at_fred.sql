-- FRED carries the close of the VIX: the same day, the same number. The largest gap of each year.
{{ config(tags=['dq_accuracy', 'cboe']) }}
with measures as (

    select
        'all' as quality_group,
        year(vix.trade_date) as trade_year,
        max(abs(vix.close - copies.value)) as measured,
        arg_max(vix.trade_date, abs(vix.close - copies.value)) as worst_date
    from {{ ref('stg_cboe__vix_1d') }} as vix
    inner join {{ ref('stg_fred__observations') }} as copies
        on vix.trade_date = copies.observation_date and copies.series_id = 'VIXCLS' and copies.value is not null
    group by all

)

{{ against_limits('measures', model.name, 'cboe.vix_1d') }}
