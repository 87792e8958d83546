-- The quotes that features read come on every business day; the widest gap of each since 2014, the first year served.
{{ config(tags=['dq_completeness', 'refinitiv_quotes']) }}
with feature_inputs as (

    select ric from {{ ref('quotes') }} where is_feature_input

),

gaps as (

    select
        ric,
        quote_date,
        quote_date - lag(quote_date) over (partition by ric order by quote_date) as gap_days
    from {{ ref('stg_refinitiv_quotes__daily') }} as quotes
    semi join feature_inputs on quotes.ric = feature_inputs.ric
    where close is not null

),

measures as (

    select
        if(ric = 'rin-d4-us', 'rin', 'palm') as quality_group,
        ric,
        max(gap_days) as measured,
        arg_max(quote_date, (gap_days, quote_date)) as first_date_after
    from gaps
    where
        quote_date >= date '2014-01-01' and gap_days is not null
        and not {{ is_declared(model.name, 'refinitiv_quotes.daily', 'ric', 'quote_date') }}
    group by all

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily') }}
