-- Daily returns of a root against those of another source of the same market, year by year: how much closer they are on the same
-- day than a day apart. Bars labelled a day early tell forecasts tomorrow's price, and no bar by itself shows it; so does a
-- second source that is labelled a day early. Gas is left
-- out: its spot price follows the future by a day.
{{ config(tags=['dq_accuracy', 'databento']) }}
with pairs as (

    select
        named.symbol,
        named.second_series
    from (
        values
        ('ZL', 'boc1'), ('ZS', 'sc1'), ('ZM', 'smc1'), ('ZC', 'cc1'), ('HO', 'hoc1'),
        ('CL', 'DCOILWTICO'), ('6E', 'DEXUSEU'), ('6E', 'DTWEXBGS'), ('6J', 'DEXJPUS'), ('6L', 'DEXBZUS'), ('ZF', 'DGS2'), ('ZN', 'DGS10'),
        ('ZB', 'DGS30')
    ) as named (symbol, second_series)

),

second_values as (

    select
        series_id as second_series,
        observation_date as trade_date,
        value
    from {{ ref('stg_fred__observations') }}
    where value is not null
    union all
    select
        ric,
        quote_date,
        close
    from {{ ref('stg_refinitiv_quotes__daily') }}

),

common_days as (

    select
        bars.symbol,
        pairs.second_series,
        bars.trade_date,
        bars.return_log,
        lag(bars.return_log) over days as return_log_before,
        lead(bars.return_log) over days as return_log_after,
        second_values.value / nullif(lag(second_values.value) over days, 0) - 1 as second_change
    from {{ ref('int_bars__roll_neutral') }} as bars
    inner join pairs on bars.symbol = pairs.symbol
    inner join second_values
        on pairs.second_series = second_values.second_series and bars.trade_date = second_values.trade_date
    window days as (partition by bars.symbol, pairs.second_series, bars.edition_at order by bars.trade_date)
    qualify bars.edition_at = max(bars.edition_at) over (partition by bars.symbol)

),

measures as (

    select
        'all' as quality_group,
        symbol,
        second_series,
        year(trade_date) as trade_year,
        -- a source that stands still moves with nothing
        if(
            stddev_pop(second_change) > 0,
            abs(corr(return_log, second_change))
            - greatest(abs(corr(return_log_before, second_change)), abs(corr(return_log_after, second_change))),
            0
        ) as measured,
        count(second_change) as n_cases
    from common_days
    where abs(second_change) < 0.3 and return_log is not null
    group by symbol, second_series, trade_year

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d', counts_cases=true) }}
