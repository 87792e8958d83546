from ml.params import load_params
from ml.stacking import stack_quantiles


def model(dbt, session):
    predictions = dbt.ref("bucket_predictions").df()
    targets = dbt.ref("standardised_targets").df()
    windows = dbt.ref("walk_forward_windows").df()
    effort = dbt.config.get("meta")["effort"]
    return stack_quantiles(predictions, targets, windows, load_params(effort).stacking)
