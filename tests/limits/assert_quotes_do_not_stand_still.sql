-- The longest run of equal values of each quote that features read: a loader that carries the last one forward under new dates looks
-- fresh and has no holes.
{{ config(tags=['dq_accuracy', 'refinitiv_quotes']) }}
with marked as (

    select
        ric,
        quote_date,
        coalesce(close != lag(close) over (partition by ric order by quote_date), true) as is_new
    from {{ ref('stg_refinitiv_quotes__daily') }}
    where close is not null and ric in ('fcpoc1', 'fupoc1', 'myr=', 'rin-d4-us')

),

runs as (

    select
        *,
        count(*) filter (where is_new) over (partition by ric order by quote_date) as run_number
    from marked

),

lengths as (

    select
        ric,
        min(quote_date) as first_date,
        count(*) as n_equal
    from runs
    group by ric, run_number

),

measures as (

    select
        'all' as quality_group,
        ric,
        max(n_equal) as measured,
        arg_max(first_date, (n_equal, first_date)) as first_date
    from lengths
    group by ric

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily') }}
