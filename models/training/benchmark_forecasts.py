from ml.fits import run_fits
from ml.params import load_params
from ml.volatility import benchmark_forecasts


def model(dbt, session):
    bars = dbt.ref("int_bars__roll_neutral").df()
    horizons = dbt.ref("horizons").df()
    meta = dbt.config.get("meta")
    sessions_ahead = horizons.set_index("horizon")["horizon_sessions"].to_dict()
    return benchmark_forecasts(bars, sessions_ahead, load_params(meta["effort"]).volatility, run_fits)
