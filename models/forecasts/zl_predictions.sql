-- Everything a run serves is built before it, so that `--select +zl_predictions` publishes all:
-- depends_on: {{ ref('forecast_scores') }}
-- depends_on: {{ ref('model_performance') }}
-- depends_on: {{ ref('panel_gains') }}
-- depends_on: {{ ref('driver_weights') }}
-- depends_on: {{ ref('bucket_scores') }}
-- depends_on: {{ ref('quarantine') }}
-- What a reader selects from, and what the data is tested on, belongs to the same build:
-- depends_on: {{ ref('stg_cboe__vix_1d') }}
-- depends_on: {{ ref('stg_cftc__cot_disaggregated') }}
-- depends_on: {{ ref('stg_cftc__cot_legacy') }}
-- depends_on: {{ ref('stg_databento__ohlcv_1d') }}
-- depends_on: {{ ref('stg_eia__feedstocks') }}
-- depends_on: {{ ref('stg_eia__series') }}
-- depends_on: {{ ref('stg_epa__rin_prices') }}
-- depends_on: {{ ref('stg_farm_policy_news__articles') }}
-- depends_on: {{ ref('stg_farmdoc_daily__articles') }}
-- depends_on: {{ ref('stg_fred__observations') }}
-- depends_on: {{ ref('stg_imf__commodity_prices') }}
-- depends_on: {{ ref('stg_policy_uncertainty__monthly') }}
-- depends_on: {{ ref('stg_refinitiv_quotes__daily') }}
-- depends_on: {{ ref('stg_usda__export_sales') }}
-- depends_on: {{ ref('stg_usda__nass_crush') }}
-- depends_on: {{ ref('stg_usda__wasde') }}
-- depends_on: {{ ref('known_defects') }}
-- depends_on: {{ ref('quality_limits') }}
-- depends_on: {{ ref('cadences') }}
-- depends_on: {{ ref('quarantine_reasons') }}
{% set risk_measures = ['var_95', 'cvar_95', 'var_99', 'cvar_99'] %}
with quantiles as (

    select * from {{ ref('calibrated_quantiles') }}

),

scenarios as (

    select * from {{ ref('monte_carlo_scenarios') }}

),

targets as (

    select * from {{ ref('targets') }}

),

runs as (

    select * from {{ ref('training_runs') }}

),

carried_inputs as (

    select * from {{ ref('carried_inputs') }}

),

holder as (

    select * from scenarios
    where side = 'holder'

),

buyer as (

    select * from scenarios
    where side = 'buyer'

),

predictions as (

    select
        targets.as_of_date,
        targets.horizon,
        targets.horizon_sessions,
        targets.target_date,
        targets.close_cents_per_lb,
        quantiles.p10_log,
        quantiles.p50_log,
        quantiles.p90_log,
        targets.close_cents_per_lb * exp(quantiles.p10_log) as p10_cents_per_lb,
        targets.close_cents_per_lb * exp(quantiles.p50_log) as p50_cents_per_lb,
        targets.close_cents_per_lb * exp(quantiles.p90_log) as p90_cents_per_lb,
        {%- for side in ['holder', 'buyer'] %}
        {%- for measure in risk_measures %}
        {{ side }}.{{ measure }}_cents_per_lb as {{ measure }}_{{ side }}_cents_per_lb,
        {%- endfor %}
        {%- for measure in risk_measures %}
        -- 60,000 lb a contract: a cent is 600 USD.
        600 * {{ side }}.{{ measure }}_cents_per_lb as {{ measure }}_{{ side }}_usd_per_contract,
        {%- endfor %}
        {%- for measure in risk_measures %}
        {{ side }}.{{ measure }}_se_cents_per_lb as {{ measure }}_{{ side }}_se_cents_per_lb,
        {%- endfor %}
        {%- endfor %}
        holder.n_paths,
        targets.actual_cents_per_lb,
        targets.matured_date as actual_date,
        targets.as_of_date = runs.last_as_of_date as is_live,
        runs.data_origin,
        targets.as_of_date as data_through_date,
        carried_inputs.carried_buckets,
        carried_inputs.oldest_input_days,
        runs.run_id
    from quantiles
    inner join targets
        on
            quantiles.as_of_date = targets.as_of_date
            and quantiles.horizon = targets.horizon
    inner join holder
        on
            targets.as_of_date = holder.as_of_date
            and targets.horizon = holder.horizon
    inner join buyer
        on
            targets.as_of_date = buyer.as_of_date
            and targets.horizon = buyer.horizon
    inner join carried_inputs on targets.as_of_date = carried_inputs.as_of_date
    cross join runs

)

select * from predictions
order by as_of_date, horizon_sessions
