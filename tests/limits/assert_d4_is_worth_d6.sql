-- A biomass-diesel RIN may replace a conventional one: share of the weeks of a year with D4 more than a tenth below D6, beyond what two
-- reports of one price differ by. Codes swapped by a loader are beyond any year.
{{ config(tags=['dq_validity', 'epa']) }}
with measures as (

    {{ rin_weeks_below(model.name, 'D4', 'D6', 0.9) }}

)

{{ against_limits('measures', model.name, 'epa.rin_prices', counts_cases=true) }}
