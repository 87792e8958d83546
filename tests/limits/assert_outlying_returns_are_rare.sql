-- Share of roll-neutral returns beyond three standard deviations, root by root. Outliers are counted, never winsorised; levels
-- have no such share.
{{ config(tags=['dq_validity', 'databento']) }}
with returns as (

    select
        symbol,
        return_log,
        stddev_samp(return_log) over (partition by symbol) as usual_return_log
    from (
        select *
        from {{ ref('int_bars__roll_neutral') }}
        where not list_contains({{ learning_param('volatility', 'excluded_roots') }}, symbol)
        qualify edition_at = max(edition_at) over (partition by symbol)
    )
    where return_log is not null

),

measures as (

    select
        'all' as quality_group,
        symbol,
        count(*) filter (where abs(return_log) > 3 * usual_return_log) / count(*) as measured,
        count(*) as n_cases
    from returns
    group by symbol

)

{{ against_limits('measures', model.name, 'databento.ohlcv_1d', counts_cases=true) }}
