from ml.params import load_params
from ml.specialists import walk_forward_quantiles


def model(dbt, session):
    matrix = dbt.ref("daily_ml_matrix").df()
    targets = dbt.ref("standardised_targets").df()
    windows = dbt.ref("walk_forward_windows").df()
    effort = dbt.config.get("meta")["effort"]
    return walk_forward_quantiles("volatility", matrix, targets, windows, load_params(effort).learners)
