-- Share of a quote's last 250 that are dated on a weekend: dates that stand a day early are tomorrow's prices known today.
{{ config(tags=['dq_timeliness', 'refinitiv_quotes']) }}
with quotes as (

    select
        ric,
        isodow(quote_date) > 5 as is_of_a_weekend
    from {{ ref('stg_refinitiv_quotes__daily') }}
    qualify row_number() over (partition by ric order by quote_date desc) <= 250

),

measures as (

    select
        'all' as quality_group,
        ric,
        count(*) filter (where is_of_a_weekend) / count(*) as measured,
        count(*) as n_cases
    from quotes
    group by ric

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily', counts_cases=true) }}
