-- Share of a root's bars of a year whose high and low are but the open and the close: a vendor that delivers closes and fills in the
-- rest. The volatility models measure ranges and would see a calmer market.
{{ config(tags=['dq_accuracy', 'databento']) }}
with measures as (

    select
        if(symbol = 'ZL', 'ZL', 'others') as quality_group,
        symbol,
        year(trade_date) as trade_year,
        count(*) filter (where high = greatest(open, close) and low = least(open, close)) / count(*) as measured,
        count(*) as n_cases
    from {{ ref('stg_databento__ohlcv_1d') }}
    where not list_contains({{ learning_param('volatility', 'excluded_roots') }}, symbol)
    group by symbol, trade_year

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d', counts_cases=true) }}
