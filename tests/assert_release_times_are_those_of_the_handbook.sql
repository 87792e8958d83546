-- Every release rule on a day that can be checked by hand: winter and summer time, holidays, shutdowns, the roll of a month.
-- (rule, date described, published UTC, first session that may know it)
{{ config(tags=['dq_timeliness', 'reference']) }}
with expected (release_rule, anchor_date, published_at, first_as_of_date) as (

    values
    -- grains at their close, 13:20 in Chicago: 18:20 UTC in summer, 19:20 in winter; early close 12:05
    ('databento_grains', date '2024-06-14', timestamp '2024-06-14 18:20:00', date '2024-06-14'),
    ('databento_grains', date '2024-01-16', timestamp '2024-01-16 19:20:00', date '2024-01-16'),
    ('databento_grains', date '2023-11-24', timestamp '2023-11-24 18:05:00', date '2023-11-24'),
    ('databento_livestock', date '2024-06-14', timestamp '2024-06-14 18:05:00', date '2024-06-14'),
    ('databento_others', date '2024-06-14', timestamp '2024-06-14 21:00:00', date '2024-06-17'),
    ('databento_others', date '2024-01-19', timestamp '2024-01-19 22:00:00', date '2024-01-22'),
    ('databento_open_interest', date '2024-06-13', timestamp '2024-06-14 13:00:00', date '2024-06-14'),
    ('databento_settlement', date '2024-06-13', timestamp '2024-06-13 18:30:00', date '2024-06-14'),
    ('cboe_vix', date '2024-06-13', timestamp '2024-06-13 22:00:00', date '2024-06-14'),
    ('refinitiv_quotes', date '2024-06-13', timestamp '2024-06-13 22:00:00', date '2024-06-14'),
    ('fred_next_morning', date '2024-06-13', timestamp '2024-06-14 13:00:00', date '2024-06-14'),
    ('fred_next_morning', date '2024-06-18', timestamp '2024-06-20 13:00:00', date '2024-06-20'),
    -- yields: t+1 at 16:15 in New York, so t+2
    ('fred_treasury', date '2024-06-12', timestamp '2024-06-13 20:15:00', date '2024-06-14'),
    ('fred_treasury', date '2024-01-09', timestamp '2024-01-10 21:15:00', date '2024-01-11'),
    -- H.10: Monday after the week; Tuesday after Memorial Day
    ('fred_h10', date '2024-06-03', timestamp '2024-06-10 20:15:00', date '2024-06-11'),
    ('fred_h10', date '2024-06-07', timestamp '2024-06-10 20:15:00', date '2024-06-11'),
    ('fred_h10', date '2024-05-24', timestamp '2024-05-28 20:15:00', date '2024-05-29'),
    ('fred_target_rate', date '2023-07-27', timestamp '2023-07-27 13:00:00', date '2023-07-27'),
    ('fred_nfci', date '2024-06-07', timestamp '2024-06-12 12:30:00', date '2024-06-12'),
    ('fred_nfci', date '2024-06-14', timestamp '2024-06-20 12:30:00', date '2024-06-20'),
    -- Memorial Day on the Monday before
    ('fred_nfci', date '2024-05-24', timestamp '2024-05-30 12:30:00', date '2024-05-30'),
    ('fred_stlfsi', date '2024-06-07', timestamp '2024-06-13 14:00:00', date '2024-06-13'),
    ('fred_claims', date '2024-06-08', timestamp '2024-06-13 12:30:00', date '2024-06-13'),
    ('fred_claims', date '2025-10-04', timestamp '2025-11-20 13:30:00', date '2025-11-20'),
    ('fred_mortgage', date '2024-06-13', timestamp '2024-06-13 16:00:00', date '2024-06-13'),
    ('fred_fed_assets', date '2024-06-12', timestamp '2024-06-13 20:30:00', date '2024-06-14'),
    ('fred_gasoline', date '2024-06-10', timestamp '2024-06-11 21:00:00', date '2024-06-12'),
    ('fred_spot', date '2024-06-06', timestamp '2024-06-13 16:00:00', date '2024-06-13'),
    ('eia_spot', date '2024-06-06', timestamp '2024-06-13 16:00:00', date '2024-06-13'),
    ('eia_spot', date '2022-06-15', timestamp '2022-07-06 16:00:00', date '2022-07-06'),
    ('eia_weekly', date '2024-06-07', timestamp '2024-06-12 14:30:00', date '2024-06-12'),
    ('eia_weekly', date '2024-05-24', timestamp '2024-05-30 14:30:00', date '2024-05-30'),
    ('eia_feedstocks', date '2024-04-01', timestamp '2024-06-28 21:00:00', date '2024-07-01'),
    ('fred_policy_uncertainty', date '2024-06-10', timestamp '2024-06-12 16:00:00', date '2024-06-12'),
    ('fred_employment', date '2024-03-01', timestamp '2024-04-10 12:30:00', date '2024-04-10'),
    ('fred_employment', date '2013-09-01', timestamp '2013-10-22 12:30:00', date '2013-10-22'),
    ('fred_employment', date '2026-01-01', timestamp '2026-02-11 13:30:00', date '2026-02-11'),
    ('fred_cpi', date '2024-03-01', timestamp '2024-04-15 12:30:00', date '2024-04-15'),
    ('fred_cpi', date '2014-06-01', timestamp '2014-07-22 12:30:00', date '2014-07-22'),
    ('fred_fedfunds', date '2024-05-01', timestamp '2024-06-03 20:15:00', date '2024-06-04'),
    ('fred_gdp', date '2024-01-01', timestamp '2024-05-01 12:30:00', date '2024-05-01'),
    ('fred_gdp', date '2025-10-01', timestamp '2026-02-20 13:30:00', date '2026-02-20'),
    ('fred_other_monthly', date '2024-01-01', timestamp '2024-03-06 17:00:00', date '2024-03-06'),
    ('fred_other_monthly', date '2025-09-01', timestamp '2025-12-22 17:00:00', date '2025-12-22'),
    -- 45 days after the end of the week
    ('epa_rin_prices', date '2022-01-03', timestamp '2022-02-23 17:00:00', date '2022-02-23'),
    ('epa_rin_prices', date '2018-12-10', timestamp '2019-02-20 17:00:00', date '2019-02-20'),
    ('usda_export_sales', date '2024-06-06', timestamp '2024-06-13 12:30:00', date '2024-06-13'),
    ('usda_export_sales', date '2024-06-13', timestamp '2024-06-21 12:30:00', date '2024-06-21'),
    ('usda_export_sales', date '2023-11-16', timestamp '2023-11-24 13:30:00', date '2023-11-24'),
    ('usda_export_sales', date '2019-01-03', timestamp '2019-02-25 13:30:00', date '2019-02-25'),
    -- withdrawn on the day of its release
    ('usda_export_sales', date '2022-08-18', timestamp '2022-09-15 12:30:00', date '2022-09-15'),
    ('usda_wasde', date '2021-01-12', timestamp '2021-01-12 17:00:00', date '2021-01-12'),
    ('usda_wasde', date '2020-07-10', timestamp '2020-07-10 16:00:00', date '2020-07-10'),
    ('usda_nass_crush', date '2024-04-01', timestamp '2024-06-03 19:00:00', date '2024-06-04'),
    ('usda_nass_crush', date '2015-05-01', timestamp '2015-10-01 19:00:00', date '2015-10-02'),
    ('usda_crop_progress', date '2024-06-09', timestamp '2024-06-10 20:00:00', date '2024-06-11'),
    -- Tuesday's positions come on Friday after the close: Monday; a holiday from Tuesday on moves them, one on Monday does not
    ('cftc_cot', date '2024-06-04', timestamp '2024-06-07 19:30:00', date '2024-06-10'),
    ('cftc_cot', date '2024-01-09', timestamp '2024-01-12 20:30:00', date '2024-01-16'),
    ('cftc_cot', date '2024-01-16', timestamp '2024-01-19 20:30:00', date '2024-01-22'),
    ('cftc_cot', date '2024-06-18', timestamp '2024-06-24 19:30:00', date '2024-06-25'),
    ('cftc_cot', date '2024-07-02', timestamp '2024-07-08 19:30:00', date '2024-07-09'),
    ('cftc_cot', date '2018-12-24', timestamp '2019-02-05 20:30:00', date '2019-02-06'),
    -- large traders could not report
    ('cftc_cot', date '2023-01-31', timestamp '2023-02-24 20:30:00', date '2023-02-27'),
    ('cftc_cot', date '2023-03-14', timestamp '2023-03-24 19:30:00', date '2023-03-27'),
    ('cftc_cot', date '2025-09-30', timestamp '2025-11-19 20:30:00', date '2025-11-20'),
    ('policy_uncertainty', date '2024-04-01', timestamp '2024-06-04 16:00:00', date '2024-06-04'),
    ('imf_commodity_prices', date '2024-04-01', timestamp '2024-06-04 16:00:00', date '2024-06-04')

),

found as (

    {{ release_times('expected', 'anchor_date') }}

)

select
    expected.release_rule,
    expected.anchor_date,
    expected.published_at as expected_published_at,
    found.published_at as found_published_at,
    expected.first_as_of_date as expected_first_as_of_date,
    sessions.trade_date as found_first_as_of_date
from expected
left join found on expected.release_rule = found.release_rule and expected.anchor_date = found.anchor_date
asof left join {{ ref('trading_calendar') }} as sessions on found.published_at <= sessions.close_at
where
    expected.published_at is distinct from found.published_at
    or expected.first_as_of_date is distinct from sessions.trade_date
