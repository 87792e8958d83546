import pandas as pd

from ml.ensemble import walk_forward_weights
from ml.params import load_params


def model(dbt, session):
    predictions = pd.concat([dbt.ref("bucket_predictions").df(), dbt.ref("stacked_predictions").df()])
    targets = dbt.ref("standardised_targets").df()
    windows = dbt.ref("walk_forward_windows").df()
    effort = dbt.config.get("meta")["effort"]
    return walk_forward_weights(predictions, targets, windows, load_params(effort).ensemble)
