from ml.params import horizon_sessions, load_params
from ml.simulation import simulate_scenarios


def model(dbt, session):
    calibrated = dbt.ref("calibrated_quantiles").df().sort_values(["as_of_date", "horizon"])
    sessions = dbt.ref("int_zl__sessions").df().sort_values("as_of_date")
    bars = dbt.ref("int_bars__roll_neutral").filter("symbol = 'ZL'").df()
    params = load_params(dbt.config.get("meta")["effort"]).simulation
    bars = bars.sort_values(["edition_at", "trade_date"])
    return simulate_scenarios(calibrated, sessions, bars, horizon_sessions(), params)
