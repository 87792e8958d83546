from ml.ensemble import walk_forward_weights
from ml.params import load_params


def model(dbt, session):
    key = ["as_of_date", "horizon", "model_name"]
    columns = [*key, "p10_log", "p50_log", "p90_log"]
    predictions = (
        dbt.ref("bucket_predictions")
        .select(*columns)
        .union(dbt.ref("stacked_predictions").select("as_of_date::date as as_of_date", *columns[1:]))
    )
    targets = dbt.ref("standardised_targets").df().sort_values(key[:2])
    windows = dbt.ref("walk_forward_windows").df().sort_values(["test_first_index", "horizon_sessions"])
    params = load_params(dbt.config.get("meta")["effort"]).ensemble
    return walk_forward_weights(predictions.df().sort_values(key), targets, windows, params)
