-- The net position that enters the features is long less short of the report, in per cent of its open interest.
{{ config(tags=['dq_consistency', 'cftc']) }}
select
    positions.report_date,
    positions.cftc_contract_code,
    series.value as net_pct
from {{ ref('int_series__editions') }} as series
inner join {{ ref('cot_contracts') }} as contracts on series.series_id = 'cftc.' || contracts.symbol
inner join {{ ref('stg_cftc__cot_legacy') }} as positions
    on contracts.cftc_contract_code = positions.cftc_contract_code and series.period_date = positions.report_date
qualify
    series.edition_at = max(series.edition_at) over (partition by series.series_id)
    and abs(series.value - 100.0 * (positions.noncommercial_long - positions.noncommercial_short) / positions.open_interest) > 1e-9
