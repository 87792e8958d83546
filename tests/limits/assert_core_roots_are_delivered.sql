-- The roots of the volatility panel that have a bar in the last 30 days of the deliveries.
{{ config(tags=['dq_completeness', 'databento']) }}
with newest as (

    select max(trade_date) as trade_date from {{ ref('stg_databento__ohlcv_1d') }}

),

measures as (

    select
        'core' as quality_group,
        count(distinct bars.symbol) as measured,
        max(newest.trade_date) as newest_date
    from newest
    left join {{ ref('stg_databento__ohlcv_1d') }} as bars
        on
            bars.trade_date > newest.trade_date - 30
            and not list_contains({{ learning_param('volatility', 'excluded_roots') }}, bars.symbol)

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d') }}
