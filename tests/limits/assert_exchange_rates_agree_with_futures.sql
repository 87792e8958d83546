-- H.10 rates against the futures of the same currency over the last 250 common days: DEXUSEU is USD per EUR as 6E is, DEXBZUS
-- and DEXJPUS are foreign per USD, the inverse of 6L and 6J. Another direction or unit is far outside.
{{ config(tags=['dq_consistency', 'fred']) }}
with pairs as (

    select
        rates.series_id,
        rates.observation_date,
        abs(ln(if(rates.series_id = 'DEXUSEU', rates.value, 1 / rates.value) / bars.close)) as gap_log
    from {{ ref('stg_fred__observations') }} as rates
    inner join {{ ref('stg_databento__ohlcv_1d') }} as bars
        on
            rates.observation_date = bars.trade_date
            and bars.symbol = case rates.series_id when 'DEXUSEU' then '6E' when 'DEXBZUS' then '6L' when 'DEXJPUS' then '6J' end
    where rates.value > 0
    qualify row_number() over (partition by rates.series_id order by rates.observation_date desc) <= 250

),

measures as (

    select
        'all' as quality_group,
        series_id,
        median(gap_log) as measured,
        count(*) as n_cases
    from pairs
    group by series_id

)

{{ against_limits('measures', model.name, 'fred.observations', counts_cases=true) }}
