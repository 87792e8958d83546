-- A cellulosic RIN may replace an advanced one, so that D3 below D5 is no price of a market, year by year; weeks in which few
-- trade break it.
{{ config(tags=['dq_validity', 'epa']) }}
with measures as (

    {{ rin_weeks_below(model.name, 'D3', 'D5', 1) }}

)

{{ against_limits('measures', model.name, 'epa.rin_prices', counts_cases=true) }}
