{{ config(post_hook="{{ say_quarantined('cftc.cot_disaggregated', ['cftc_contract_code', 'report_date']) }}") }}

with

deliveries as (

    select * from {{ ref('raw_cftc__cot_disaggregated') }}

),

cot_contracts as (

    select * from {{ ref('cot_contracts') }}

),

judged as (

    select
        deliveries.report_date,
        deliveries.cftc_contract_code,
        deliveries.report,
        deliveries.open_interest,
        deliveries.managed_money_long,
        deliveries.managed_money_short,
        deliveries.managed_money_spread,
        deliveries.reportable_long,
        deliveries.reportable_short,
        deliveries.nonreportable_long,
        deliveries.nonreportable_short,
        deliveries.market_name,
        deliveries.ingested_at,
        deliveries._file,
        'cftc_cot' as release_rule,
        case -- noqa: LT02
            when
                {{ is_missing(['deliveries.report_date', 'deliveries.cftc_contract_code', 'deliveries.ingested_at']) }}
                then 'missing_key'
            when cot_contracts.cftc_contract_code is null then 'unknown_contract'
            when deliveries.report is distinct from cot_contracts.report then 'unexpected_report'
            when
                {{ is_missing([
                    'deliveries.open_interest', 'deliveries.managed_money_long', 'deliveries.managed_money_short',
                    'deliveries.managed_money_spread', 'deliveries.reportable_long', 'deliveries.reportable_short',
                    'deliveries.nonreportable_long', 'deliveries.nonreportable_short'
                ]) }}
                then 'missing_value'
            when deliveries.report_date > deliveries.ingested_at::date then 'dated_after_delivery'
            when isodow(deliveries.report_date) > 2 then 'not_a_report_day'
            when
                least(
                    deliveries.open_interest, deliveries.managed_money_long, deliveries.managed_money_short,
                    deliveries.managed_money_spread, deliveries.reportable_long, deliveries.reportable_short,
                    deliveries.nonreportable_long, deliveries.nonreportable_short
                ) < 0
                then 'negative_positions'
            when
                deliveries.reportable_long + deliveries.nonreportable_long != deliveries.open_interest
                or deliveries.reportable_short + deliveries.nonreportable_short != deliveries.open_interest
                or deliveries.managed_money_long + deliveries.managed_money_spread > deliveries.reportable_long
                or deliveries.managed_money_short + deliveries.managed_money_spread > deliveries.reportable_short
                then 'positions_do_not_add_up'
        end as own_reason
    from deliveries
    left join cot_contracts on deliveries.cftc_contract_code = cot_contracts.cftc_contract_code

),

{{ judged_versions('report_date', ['report_date', 'cftc_contract_code'], [
    'open_interest', 'managed_money_long', 'managed_money_short', 'managed_money_spread', 'reportable_long',
    'reportable_short', 'nonreportable_long', 'nonreportable_short'
], columns=[
    'report_date', 'cftc_contract_code', 'report', 'open_interest', 'managed_money_long', 'managed_money_short',
    'managed_money_spread', 'reportable_long', 'reportable_short', 'nonreportable_long', 'nonreportable_short',
    'market_name'
]) }}
