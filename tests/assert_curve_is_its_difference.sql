-- T10Y2Y is DGS10 less DGS2 within rounding; a unit or sign error in either shows here.
{{ config(tags=['dq_accuracy', 'fred']) }}
select
    spread.observation_date,
    spread.value as spread,
    long_yield.value as ten_years,
    short_yield.value as two_years
from {{ ref('stg_fred__observations') }} as spread
inner join {{ ref('stg_fred__observations') }} as long_yield
    on spread.observation_date = long_yield.observation_date and long_yield.series_id = 'DGS10'
inner join {{ ref('stg_fred__observations') }} as short_yield
    on spread.observation_date = short_yield.observation_date and short_yield.series_id = 'DGS2'
where spread.series_id = 'T10Y2Y' and abs(spread.value - (long_yield.value - short_yield.value)) > 0.0200001
