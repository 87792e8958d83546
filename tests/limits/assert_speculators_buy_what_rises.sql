-- The week's change of the net position of non-commercial traders against the week's return, year by year: they follow prices.
-- Long and short swapped throughout add up to the same open interest, and only the market tells.
{{ config(tags=['dq_accuracy', 'cftc']) }}
with closes as (

    select
        symbol,
        trade_date,
        adj_close
    from {{ ref('int_bars__roll_neutral') }}
    qualify edition_at = max(edition_at) over (partition by symbol)

),

weeks as (

    select
        contracts.symbol,
        reports.report_date,
        (reports.noncommercial_long - reports.noncommercial_short) / reports.open_interest
        - lag((reports.noncommercial_long - reports.noncommercial_short) / reports.open_interest) over dates as net_change_frac,
        ln(closes.adj_close / lag(closes.adj_close) over dates) as return_log
    from {{ ref('stg_cftc__cot_legacy') }} as reports
    inner join {{ ref('cot_contracts') }} as contracts on reports.cftc_contract_code = contracts.cftc_contract_code
    asof inner join closes on contracts.symbol = closes.symbol and reports.report_date >= closes.trade_date
    where contracts.symbol in ('ZL', 'ZS', 'ZM', 'ZC') and reports.open_interest > 0
    window dates as (partition by contracts.symbol order by reports.report_date)

),

measures as (

    select
        'all' as quality_group,
        symbol,
        year(report_date) as report_year,
        if(stddev_pop(net_change_frac) > 0, corr(net_change_frac, return_log), 0) as measured,  -- what stands still follows nothing
        count(net_change_frac) as n_cases
    from weeks
    group by symbol, report_year

)

{{ against_limits('measures', model.name, 'cftc.cot_legacy', counts_cases=true) }}
