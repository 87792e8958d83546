-- ZL, ZS and ZM against the nearest-month quote of another vendor: weekly returns move together and the usual gap is small, over
-- all and in each year (either side may go over to another unit). The rest is the choice of contract and last trade against
-- settlement; of ZS and ZM only weeks count at both ends of which the two closes are within 1 %, since old and new crop part
-- at a roll.
{{ config(tags=['dq_accuracy', 'databento']) }}
with pairs as (

    select
        bars.symbol,
        bars.trade_date,
        bars.close,
        quotes.close as quote
    from {{ ref('int_bars__roll_neutral') }} as bars
    inner join {{ ref('stg_refinitiv_quotes__daily') }} as quotes
        on
            bars.trade_date = quotes.quote_date
            and quotes.ric = case bars.symbol when 'ZL' then 'boc1' when 'ZS' then 'sc1' when 'ZM' then 'smc1' end
    where bars.symbol in ('ZL', 'ZS', 'ZM')
    qualify bars.edition_at = max(bars.edition_at) over (partition by bars.symbol)

),

week_ends as (

    select
        symbol,
        date_trunc('week', trade_date) as week_start_date,
        arg_max(close, trade_date) as close,
        arg_max(quote, trade_date) as quote
    from pairs
    group by all

),

weeks as (

    select
        symbol,
        ln(close / lag(close) over earlier) as return_log,
        ln(quote / lag(quote) over earlier) as quote_return_log,
        abs(close / quote - 1) < 0.01 and abs(lag(close) over earlier / lag(quote) over earlier - 1) < 0.01 as is_same_contract
    from week_ends
    window earlier as (partition by symbol order by week_start_date)

),

measures as (

    select
        symbol || ' correlation' as quality_group,
        null::bigint as trade_year,
        corr(return_log, quote_return_log) as measured,
        count(return_log) as n_cases
    from weeks
    where symbol = 'ZL' or is_same_contract
    group by symbol
    union all
    select
        symbol || ' gap',
        null,
        median(abs(close / quote - 1)),
        count(*)
    from pairs
    group by symbol
    union all
    select
        symbol || ' gap of a year',
        year(trade_date),
        median(abs(close / quote - 1)),
        count(*)
    from pairs
    group by symbol, year(trade_date)

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d', counts_cases=true) }}
