-- The longest that each quote features read stood still: a loader that carries the last one forward under new dates looks fresh and has
-- no holes.
{{ config(tags=['dq_accuracy', 'refinitiv_quotes']) }}
with measures as (

    select
        'all' as quality_group,
        ric,
        max(unchanged_days) as measured,
        arg_max(quote_date, (unchanged_days, quote_date)) as last_date
    from {{ ref('stg_refinitiv_quotes__daily') }}
    where
        ric in ('fcpoc1', 'fupoc1', 'myr=', 'rin-d4-us')
        and not {{ is_declared(model.name, 'refinitiv_quotes.daily', 'ric', 'quote_date') }}
    group by ric

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily') }}
