from ml.fits import run_fits
from ml.params import load_params
from ml.volatility import benchmark_forecasts


def model(dbt, session):
    bars = dbt.ref("int_bars__roll_neutral").df()
    horizons = dbt.ref("horizons").df()
    meta = dbt.config.get("meta")
    sessions_ahead = horizons.set_index("horizon")["horizon_sessions"].to_dict()
    forecasts = benchmark_forecasts(bars, sessions_ahead, load_params(meta["effort"]).volatility, run_fits)
    # Two million rows: as text the keys cost DuckDB three times what the numbers do.
    return forecasts.astype(dict.fromkeys(["symbol", "horizon", "model_name", "fold_id"], "category"))
