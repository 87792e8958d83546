with

fred as (select * from {{ ref('int_fred_observations__versions') }}),

fred_series as (select * from {{ ref('fred_series') }}),

vix as (select * from {{ ref('int_cboe_vix_1d__versions') }}),

rin_prices as (select * from {{ ref('int_epa_rin_prices__versions') }}),

crush_reports as (select * from {{ ref('int_usda_nass_crush__versions') }}),

positions as (select * from {{ ref('int_cftc_cot_legacy__versions') }}),

cot_contracts as (select * from {{ ref('cot_contracts') }}),

quotes as (select * from {{ ref('int_refinitiv_quotes_daily__versions') }}),

quote_names as (select * from {{ ref('quotes') }}),

policy_uncertainty as (select * from {{ ref('int_policy_uncertainty_monthly__versions') }}),

fred_values as (
    select
        'fred.' || fred.series_id as series_id,
        fred.observation_date as period_date,
        fred.value,
        fred.published_at,
        fred.known_at,
        fred.version_number,
        case fred_series.frequency
            when 'daily' then {{ carry_days('daily') }}
            when 'weekly' then {{ carry_days('weekly') }}
            when 'monthly' then {{ carry_days('monthly') }}
            else {{ carry_days('quarterly') }}
        end as carry_days
    from fred
    inner join fred_series on fred.series_id = fred_series.series_id
    where fred.quarantine_reason is null
),

vix_closes as (
    select
        'cboe.VIX' as series_id,
        trade_date as period_date,
        close as value,
        published_at,
        known_at,
        version_number,
        {{ carry_days('daily') }} as carry_days
    from vix
    where quarantine_reason is null
),

-- The price most people quote: RINs of the running year, unverified. The week over New Year stands once for each year.
quoted_rin_prices as (
    select
        'epa.' || d_code as series_id,
        week_start_date as period_date,
        price_usd_per_rin as value,
        published_at,
        known_at,
        version_number,
        {{ carry_days('epa') }} as carry_days
    from rin_prices
    where
        quarantine_reason is null
        and qap_type = 'Unverified'
        and rin_year = transfer_year
        and transfer_year = year(week_start_date)
),

crush_measures as (
    select
        month_start_date as period_date,
        {{ oil_yield('oil_produced_1000lb', 'soybeans_crushed_tons') }} as oil_yield,
        oil_stock_1000lb,
        oil_stock_1000lb * day(last_day(month_start_date)) / nullif(oil_produced_1000lb, 0) as oil_stock_days,
        published_at,
        known_at,
        version_number
    from crush_reports
    where quarantine_reason is null
),

crush_values as (
    select
        'nass.' || measure as series_id,
        period_date,
        value,
        published_at,
        known_at,
        version_number,
        {{ carry_days('monthly') }} as carry_days
    from crush_measures
    unpivot (value for measure in (oil_yield, oil_stock_1000lb, oil_stock_days))
),

net_positions as (
    select
        'cftc.' || cot_contracts.symbol as series_id,
        positions.report_date as period_date,
        {{ net_pct_of_open_interest(
            'positions.noncommercial_long', 'positions.noncommercial_short', 'positions.open_interest'
        ) }} as value,
        positions.published_at,
        positions.known_at,
        positions.version_number,
        {{ carry_days('weekly') }} as carry_days
    from positions
    inner join cot_contracts on positions.cftc_contract_code = cot_contracts.cftc_contract_code
    where positions.quarantine_reason is null
),

quoted_closes as (
    select
        'refinitiv.' || quotes.ric as series_id,
        quotes.quote_date as period_date,
        quotes.close as value,
        quotes.published_at,
        quotes.known_at,
        quotes.version_number,
        {{ carry_days('daily') }} as carry_days
    from quotes
    inner join quote_names on quotes.ric = quote_names.ric
    where quotes.quarantine_reason is null and quote_names.is_feature_input
),

uncertainty_indices as (
    select
        'policy_uncertainty.' || category as series_id,
        month_start_date as period_date,
        value,
        published_at,
        known_at,
        version_number,
        {{ carry_days('monthly') }} as carry_days
    from policy_uncertainty
    where quarantine_reason is null
),

versions as (
    select * from fred_values
    union all
    select * from vix_closes
    union all
    select * from quoted_rin_prices
    union all
    select * from crush_values
    union all
    select * from net_positions
    union all
    select * from quoted_closes
    union all
    select * from uncertainty_indices
),

-- NULL is a period without a value ('.', 'W'): no row, so that the last value carries on with its age.
editions as (
    {{ editions('versions', ['series_id'], ['period_date']) }}
),

result as (
    select
        series_id,
        edition_at,
        period_date,
        value,
        max(published_at) over (
            partition by series_id, edition_at order by period_date rows unbounded preceding
        ) as published_at,
        carry_days
    from editions
    where value is not null
)

select * from result
