from ml.params import horizon_sessions, load_params
from ml.simulation import simulate_scenarios


def model(dbt, session):
    calibrated = dbt.ref("calibrated_quantiles").df()
    sessions = dbt.ref("int_zl__sessions").df()
    bars = dbt.ref("int_bars__roll_neutral").filter("symbol = 'ZL'").df()
    effort = dbt.config.get("meta")["effort"]
    scenarios = simulate_scenarios(
        calibrated, sessions, bars, horizon_sessions(), load_params(effort).simulation
    )
    return scenarios.assign(as_of_date=scenarios["as_of_date"].dt.date)
