-- Cash quotes stand still on some days; one that mostly does is no market. Share of a quote's last 250 equal to the one before.
{{ config(tags=['dq_accuracy', 'refinitiv_quotes']) }}
with quotes as (

    select
        ric,
        close = lag(close) over (partition by ric order by quote_date) as is_repeat
    from {{ ref('stg_refinitiv_quotes__daily') }}
    qualify row_number() over (partition by ric order by quote_date desc) <= 250

),

measures as (

    select
        'all' as quality_group,
        ric,
        count(*) filter (where is_repeat) / count(*) as measured,
        count(*) as n_cases
    from quotes
    group by ric

)

{{ against_limits('measures', model.name, 'refinitiv_quotes.daily', counts_cases=true) }}
