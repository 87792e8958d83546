-- Changes of contract within 250 bars, the fewest and the most of a root's history: without the contract behind a bar, or with
-- another one every day, a roll's jump is a return or a return is lost, and no single bar shows it.
{{ config(tags=['dq_consistency', 'databento']) }}
with bars as (

    select
        symbol,
        trade_date,
        is_roll
    from {{ ref('int_bars__roll_neutral') }}
    where not list_contains({{ learning_param('volatility', 'excluded_roots') }}, symbol)
    qualify edition_at = max(edition_at) over (partition by symbol)

),

years as (

    select
        symbol,
        trade_date as last_date,
        count(*) filter (where is_roll) over year_of_bars as n_changes
    from bars
    window year_of_bars as (partition by symbol order by trade_date rows between 249 preceding and current row)
    qualify count(*) over year_of_bars = 250

),

measures as (

    select
        if(symbol = 'ZL', 'ZL', 'others') || ' fewest' as quality_group,
        symbol,
        min(n_changes) as measured,
        arg_min(last_date, (n_changes, last_date)) as last_date
    from years
    group by symbol

    union all

    select
        if(symbol = 'ZL', 'ZL', 'others') || ' most' as quality_group,
        symbol,
        max(n_changes) as measured,
        arg_max(last_date, (n_changes, last_date)) as last_date
    from years
    group by symbol

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d') }}
