from ml.chronos import zero_shot_quantiles
from ml.params import load_params


def model(dbt, session):
    sessions = dbt.ref("int_zl__sessions").df()
    bars = dbt.ref("int_bars__roll_neutral").filter("symbol = 'ZL'").df()
    windows = dbt.ref("walk_forward_windows").df()
    meta = dbt.config.get("meta")
    quantiles = zero_shot_quantiles(sessions, bars, windows, load_params(meta["effort"]).chronos)
    return quantiles.assign(as_of_date=quantiles["as_of_date"].dt.date)
