-- The longest that each quote features read stood still: a loader that carries the last one forward under new dates looks fresh and has
-- no holes.
{{ config(tags=['dq_accuracy', 'refinitiv_quotes']) }}
with feature_inputs as (

    select ric from {{ ref('quotes') }} where is_feature_input

),

measures as (

    select
        'all' as quality_group,
        ric,
        max(unchanged_days) as measured,
        arg_max(quote_date, (unchanged_days, quote_date)) as last_date
    from {{ ref('stg_refinitiv_quotes__daily') }} as quotes
    semi join feature_inputs on quotes.ric = feature_inputs.ric
    where not {{ is_declared(model.name, 'refinitiv_quotes.daily', 'ric', 'quote_date') }}
    group by ric

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily') }}
