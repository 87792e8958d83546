-- Daily returns of a root against those of another source of the same market, year by year: how much closer they are on the same
-- day than a day apart. Bars labelled a day early tell forecasts tomorrow's price, and no bar by itself shows it; so does a
-- second source that is labelled a day early. Where there is none, the nearest of the other roots is it. In every whole year and over
-- the last 250 days: a year that has begun is too short to tell. Gas is left out, for its spot price follows the future by a day; so are
-- ES, HG, PA, HE, ZO, 6M and 6S, which move with no other root closely enough.
{{ config(tags=['dq_accuracy', 'databento']) }}
with newest_bars as (

    select
        symbol,
        trade_date,
        return_log
    from {{ ref('int_bars__roll_neutral') }}
    qualify edition_at = max(edition_at) over (partition by symbol)

),

pairs as (

    select
        named.symbol,
        named.second_series,
        named.quality_group
    from (
        values
        ('ZL', 'boc1', 'all'), ('ZS', 'sc1', 'all'), ('ZM', 'smc1', 'all'), ('ZC', 'cc1', 'all'), ('HO', 'hoc1', 'all'),
        ('CL', 'DCOILWTICO', 'all'), ('6E', 'DEXUSEU', 'all'), ('6E', 'DTWEXBGS', 'all'), ('6J', 'DEXJPUS', 'all'),
        ('6L', 'DEXBZUS', 'all'), ('ZF', 'DGS2', 'all'), ('ZN', 'DGS10', 'all'), ('ZB', 'DGS30', 'all'),
        ('RB', 'CL', 'roots'), ('BZ', 'CL', 'roots'), ('KE', 'ZW', 'roots'), ('ZW', 'ZC', 'roots'),
        ('SI', 'GC', 'roots'), ('PL', 'SI', 'roots'), ('GF', 'LE', 'roots'), ('ZT', 'ZF', 'roots'), ('6A', '6N', 'roots'),
        ('6C', '6A', 'roots'), ('6B', '6E', 'roots')
    ) as named (symbol, second_series, quality_group)

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
    union all
    select
        symbol,
        trade_date,
        exp(sum(return_log) over (partition by symbol order by trade_date))
    from newest_bars
    where return_log is not null

),

common_days as (

    select
        bars.symbol,
        pairs.second_series,
        pairs.quality_group,
        bars.trade_date,
        bars.return_log,
        lag(bars.return_log) over days as return_log_before,
        lead(bars.return_log) over days as return_log_after,
        second_values.value / nullif(lag(second_values.value) over days, 0) - 1 as second_change
    from newest_bars as bars
    inner join pairs on bars.symbol = pairs.symbol
    inner join second_values
        on pairs.second_series = second_values.second_series and bars.trade_date = second_values.trade_date
    window days as (partition by bars.symbol, pairs.second_series order by bars.trade_date)

),

judged_days as (

    select *
    from common_days
    where abs(second_change) < 0.3 and return_log is not null

),

periods as (

    select
        *,
        year(trade_date)::varchar as period
    from judged_days
    qualify year(trade_date) < max(year(trade_date)) over (partition by symbol, second_series)
    union all
    select
        *,
        'last 250'
    from judged_days
    qualify row_number() over (partition by symbol, second_series order by trade_date desc) <= 250

),

measures as (

    select
        quality_group,
        symbol,
        second_series,
        period,
        {{ same_day_margin('second_change', 'return_log', 'return_log_before', 'return_log_after') }} as measured,
        count(second_change) as n_cases
    from periods
    group by quality_group, symbol, second_series, period

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d', counts_cases=true) }}
