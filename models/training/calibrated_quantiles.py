from ml.calibration import calibrate
from ml.params import load_params


def model(dbt, session):
    key = ["as_of_date", "horizon"]
    predictions = dbt.ref("ensemble_predictions").df().sort_values(key)
    targets = dbt.ref("standardised_targets").df().sort_values(key)
    windows = dbt.ref("walk_forward_windows").df().sort_values(["test_first_index", "horizon_sessions"])
    return calibrate(predictions, targets, windows, load_params(dbt.config.get("meta")["effort"]).calibration)
