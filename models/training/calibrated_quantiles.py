from ml.calibration import calibrate
from ml.params import load_params


def model(dbt, session):
    predictions = dbt.ref("ensemble_predictions").df()
    targets = dbt.ref("standardised_targets").df()
    windows = dbt.ref("walk_forward_windows").df()
    effort = dbt.config.get("meta")["effort"]
    quantiles = calibrate(predictions, targets, windows, load_params(effort).calibration)
    return quantiles.assign(as_of_date=quantiles["as_of_date"].dt.date)
