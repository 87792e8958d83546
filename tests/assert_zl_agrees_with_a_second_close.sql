-- ZL against the nearest-month quote of another vendor, over at least two years: weekly returns correlate 0.93 or more, the
-- median gap is at most 0.5 %. The rest is the choice of contract and last trade against settlement.
{{ config(tags=['dq_accuracy', 'databento'], severity='warn') }}
with pairs as (

    select
        date_trunc('week', bars.trade_date) as week_start_date,
        bars.trade_date,
        bars.close,
        bars.adj_close,
        quotes.close as quote
    from {{ ref('int_bars__roll_neutral') }} as bars
    inner join {{ ref('stg_refinitiv_quotes__daily') }} as quotes
        on bars.trade_date = quotes.quote_date and quotes.ric = 'boc1'
    where bars.symbol = 'ZL' and bars.edition_at = timestamp '1970-01-01'

),

weeks as (

    select
        week_start_date,
        ln(last(close order by trade_date) / lag(last(close order by trade_date)) over (order by week_start_date)) as return_log,
        ln(last(quote order by trade_date) / lag(last(quote order by trade_date)) over (order by week_start_date)) as quote_return_log
    from pairs
    group by week_start_date

)

select
    count(*) as n_weeks,
    corr(return_log, quote_return_log) as correlation,
    (select median(abs(close / quote - 1)) from pairs) as median_gap_frac
from weeks
having count(*) >= 100 and (correlation < 0.93 or median_gap_frac > 0.005)
