"""Learners, weights and the combined forecast on a market whose truth is known, by our own functions."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from simulated_markets import expected_losses, normal_quantiles
from simulated_walk import QUANTILES, forecast, windows

from ml.ensemble import walk_forward_weights
from ml.metrics import row_losses
from ml.params import Params
from ml.specialists import walk_forward_quantiles


class Truth(NamedTuple):
    """One horizon's standardised outcomes: normal, with this mean and deviation, given all that is known."""

    mean: NDArray
    """Shape (n,)."""
    sd: float


class Losses(NamedTuple):
    """Mean losses on the same served rows."""

    fallback: float
    forecast: float
    oracle: float

    @property
    def recovery(self) -> float:
        """Part of the oracle's gain over the fallback."""
        return (self.fallback - self.forecast) / (self.fallback - self.oracle)

    @property
    def excess(self) -> float:
        """Loss beyond the oracle's, as a part of it."""
        return self.forecast / self.oracle - 1


def folds(n: int, horizons: dict[str, int], first: int, step: int, n_unserved: int) -> pd.DataFrame:
    """Walk-forward windows of every horizon, `step` sessions each, from session `first` on."""
    frames = [windows(n, name, h, first, step, n_unserved) for name, h in horizons.items()]
    return pd.concat(frames, ignore_index=True).assign(train_first_index=1)


def level_0(
    buckets: Sequence[str],
    matrix: pd.DataFrame,
    targets: pd.DataFrame,
    own_folds: pd.DataFrame,
    params: Params,
) -> pd.DataFrame:
    """Forecasts of the buckets' learners and of the fallback, which knows the width and says median 0."""
    learnt = [walk_forward_quantiles(name, matrix, targets, own_folds, params.learners) for name in buckets]
    tested = targets[targets["session_index"] >= own_folds["test_first_index"].min()]
    return pd.concat([*learnt, forecast(params.ensemble.fallback_model, tested)], ignore_index=True)


def served(
    predictions: pd.DataFrame, targets: pd.DataFrame, own_folds: pd.DataFrame, params: Params
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The ensemble's weights, and its forecasts: session_index, horizon and standardised quantiles."""
    weights = walk_forward_weights(predictions, targets, own_folds, params.ensemble)
    rows = targets.merge(predictions.assign(as_of_date=pd.to_datetime(predictions["as_of_date"])))
    fold = np.full(len(rows), "", dtype=object)
    for own in own_folds.itertuples():
        inside = rows["session_index"].between(own.test_first_index, own.test_last_index)
        fold[inside & (rows["horizon"] == own.horizon)] = own.fold_id
    keys = ["horizon", "fold_id", "model_name"]
    rows = rows.assign(fold_id=fold).merge(weights[[*keys, "weight"]], on=keys)
    for column in QUANTILES:
        rows[column] *= rows["weight"] / rows["vol_forecast_log"]
    combined = rows.groupby(["horizon", "session_index"], sort=False)[[*QUANTILES, "weight"]].sum()
    np.testing.assert_allclose(combined.pop("weight"), 1.0)
    return weights, combined.reset_index()


def expected(forecasts: pd.DataFrame, truth: Truth) -> Losses:
    """Losses without luck: the law of each outcome is known. Right only where no forecast saw its outcome."""
    quantiles, mean = forecasts[QUANTILES].to_numpy(), truth.mean[forecasts["session_index"] - 1]
    answers = (normal_quantiles(0 * mean, 1.0), quantiles, normal_quantiles(mean, truth.sd))
    return Losses(*(float(expected_losses(answer, mean, truth.sd).mean()) for answer in answers))


def realised(forecasts: pd.DataFrame, targets: pd.DataFrame, truth: Truth) -> Losses:
    """Losses on what came."""
    rows = forecasts.merge(targets[["horizon", "session_index", "target_std"]].dropna())
    mean, outcome = truth.mean[rows["session_index"] - 1], rows["target_std"].to_numpy()
    answers = (normal_quantiles(0 * mean, 1.0), rows[QUANTILES].to_numpy(), normal_quantiles(mean, truth.sd))
    return Losses(*(float(row_losses(answer, outcome).mean()) for answer in answers))


def learners_weight(weights: pd.DataFrame, params: Params) -> pd.Series:
    """Weight of all that is not the fallback, by horizon, mean over the served folds."""
    learners = weights[weights["model_name"] != params.ensemble.fallback_model]
    by_fold = learners.groupby(["horizon", "fold_id"], sort=False)["weight"].sum()
    return by_fold.groupby("horizon", sort=False).mean()
