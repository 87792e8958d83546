-- Four features of every session, computed again from the deliveries without any of the layers between: board crush from the
-- three closes of the day, BOHO from heating oil of an earlier day, VIX of an earlier day, the net position from a report
-- at least three days old. Keys delivered more than once are left to the revision tests.
{{ config(tags=['dq_accuracy', 'features']) }}
with matrix as (select * from {{ ref('daily_ml_matrix') }}),

bars as (
    select
        symbol,
        trade_date,
        min(close) as close
    from {{ ref('raw_databento__ohlcv_1d') }}
    where symbol in ('ZL', 'ZM', 'ZS', 'HO')
    group by symbol, trade_date
    having count(*) = 1
),

vix as (
    select
        observation_date,
        min(value) as value
    from {{ ref('raw_fred__observations') }}
    where series_id = 'VIXCLS'
    group by observation_date
    having count(*) = 1
),

positions as (
    select
        report_date,
        min(100.0 * (noncommercial_long - noncommercial_short) / open_interest) as net_pct
    from {{ ref('raw_cftc__cot_legacy') }}
    where cftc_contract_code = '007601'
    group by report_date
    having count(*) = 1
),

recomputed as (
    select
        matrix.as_of_date,
        'board_crush_usd_per_bu' as feature_name,
        matrix.board_crush_usd_per_bu as found,
        (2.2 * meal.close + 11 * oil.close - beans.close) / 100 as expected
    from matrix
    inner join bars as oil on matrix.as_of_date = oil.trade_date and oil.symbol = 'ZL'
    inner join bars as meal on matrix.as_of_date = meal.trade_date and meal.symbol = 'ZM'
    inner join bars as beans on matrix.as_of_date = beans.trade_date and beans.symbol = 'ZS'
    union all
    select
        matrix.as_of_date,
        'boho_usd_per_gal',
        matrix.boho_usd_per_gal,
        if(matrix.ho_age_days >= 1, 7.5 * oil.close / 100 - heating_oil.close, 'infinity'::double)
    from matrix
    inner join bars as oil on matrix.as_of_date = oil.trade_date and oil.symbol = 'ZL'
    inner join bars as heating_oil
        on matrix.as_of_date - matrix.ho_age_days::integer = heating_oil.trade_date and heating_oil.symbol = 'HO'
    union all
    select
        matrix.as_of_date,
        'vix_points',
        matrix.vix_points,
        if(matrix.vix_age_days >= 1, vix.value, 'infinity'::double)
    from matrix
    inner join vix on matrix.as_of_date - matrix.vix_age_days::integer = vix.observation_date
    union all
    select
        matrix.as_of_date,
        'cot_zl_net_pct_oi',
        matrix.cot_zl_net_pct_oi,
        if(matrix.cot_zl_age_days >= 3, positions.net_pct, 'infinity'::double)
    from matrix
    inner join positions on matrix.as_of_date - matrix.cot_zl_age_days::integer = positions.report_date
)

select * from recomputed
where abs(found - expected) > 1e-9
