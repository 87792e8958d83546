"""Levels 1 and 2: AutoGluon over level 0's out-of-sample quantiles.

The stacker of a test block learns from forecasts that were out of sample when they were made and whose
targets ended before the block begins; nothing is folded inside:

    L0   | block 1 | block 2 | block 3 | block 4 |
    L1   x x x x x x x x x x x x . . . y y y y y     x learns, . purged, y forecasts

`stack_l1` is the estimator that did best on the stacker's own forward holdout, `stack_l2` the weighted
ensemble of all of them.
"""

import pandas as pd

from ml.params import QUANTILE_LEVELS, Stacking, bucket_names
from ml.specialists import Block, Sessions, believed_forecasts, fitted_quantiles, in_order, one_horizon
from ml.windows import check_windows

QUANTILES = ["p10_log", "p50_log", "p90_log"]


def stack_quantiles(
    predictions: pd.DataFrame,
    standardised_targets: pd.DataFrame,
    windows: pd.DataFrame,
    params: Stacking,
) -> pd.DataFrame:
    """Out-of-sample quantiles of `stack_l1` and `stack_l2`, for every block that has enough to learn from.

    Parameters
    ----------
    predictions : out-of-sample forecasts, one row per as_of_date, horizon and model_name; only level 0 is
        read (the buckets, `main`, `chronos_bolt`). A model that is absent, or misses dates, is an input
        that is absent, or misses values.
    standardised_targets : `training.standardised_targets`.
    windows : `training.walk_forward_windows`.
    params : the effort's `stacking`.

    Returns
    -------
    One row per as-of date, horizon and model; columns as level 0's, log returns, p10 <= p50 <= p90. A
    block has rows once `min_matured_horizons` times its horizon's sessions of level 0 have matured before
    it.

    Raises
    ------
    ValueError
        Windows without their purge, or a level-0 row forecast twice or lacking its volatility forecast.
    """
    check_windows(windows)
    level_0 = predictions[predictions["model_name"].isin([*bucket_names(), "chronos_bolt"])]
    blocks = []
    for horizon in level_0["horizon"].drop_duplicates():
        sessions = _sessions(level_0, standardised_targets, horizon)
        for fold in windows[windows["horizon"] == horizon].sort_values("test_first_index").itertuples():
            block = Block("stack", horizon, fold, sessions)
            enough = params.min_matured_horizons * block.horizon_sessions
            if block.train.stop - block.train.start >= enough and block.test.stop > block.test.start:
                blocks.append(block)
    raw, n_levels = fitted_quantiles(blocks, None, params, "stacked_predictions"), len(QUANTILE_LEVELS)
    single = believed_forecasts(blocks, [values[:, :n_levels] for values in raw], params, "stack_l1")
    ensemble = believed_forecasts(blocks, [values[:, n_levels:] for values in raw], params, "stack_l2")
    # Side by side, so that rows of one date keep the order of the models.
    return in_order([frame for pair in zip(single, ensemble, strict=True) for frame in pair])


def _sessions(level_0: pd.DataFrame, standardised_targets: pd.DataFrame, horizon: str) -> Sessions:
    """Level 0's quantiles side by side over the blend's forecast: `<model>_p10_log` ..., sorted by name."""
    rows = level_0[level_0["horizon"] == horizon]
    rows = rows.assign(as_of_date=pd.to_datetime(rows["as_of_date"]))
    twice = rows[rows.duplicated(["as_of_date", "model_name"])]
    if len(twice):
        row = twice.iloc[0]
        raise ValueError(f"Level 0 has {row.model_name} twice on {row.as_of_date.date()}, horizon {horizon}.")
    wide = rows.pivot(index="as_of_date", columns="model_name", values=QUANTILES)
    inputs = sorted(f"{model}_{quantile}" for quantile, model in wide.columns)
    wide.columns = [f"{model}_{quantile}" for quantile, model in wide.columns]
    targets = one_horizon(standardised_targets, horizon)
    joined = wide.reset_index().merge(targets, on="as_of_date", how="left", validate="one_to_one")
    unknown = joined[joined["blend_forecast_log"].isna()]
    if len(unknown):
        raise ValueError(
            f"standardised_targets has no blend_forecast_log for {unknown['as_of_date'].min().date()}, "
            f"horizon {horizon}, which level 0 forecasts."
        )
    # Rounded, so that forecasters with nothing to say are equal and not different in the last bit.
    joined[inputs] = joined[inputs].div(joined["blend_forecast_log"], axis=0).round(9)
    return Sessions(joined, inputs)
