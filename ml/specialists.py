"""Level 0: walk-forward quantile forecasts of the specialists and of `main`.

Each fold and horizon is one fit on the target in units of the volatility pool's forecast, purged before its
test block. What was learnt counts as far as the forecaster's own earlier blocks earned it (`ml.belief`), the
width hardly at all, and is said in units of the volatility blend's forecast: a specialist that knows nothing
says what the ensemble falls back to.
"""

import sys
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml import quantile_estimator
from ml.belief import walk_forward_belief
from ml.fits import RowFit, run_fits
from ml.params import NORMAL_Z90, QUANTILE_LEVELS, Bucket, Learners, Stacking, load_bucket
from ml.quantile_estimator import fit_quantiles, informative_columns, predict_quantiles
from ml.windows import check_windows, purged_holdout

FRAME = ["as_of_date", "horizon", "model_name", "fold_id", "p10_log", "p50_log", "p90_log"]
PACKAGES = ("autogluon.tabular", "lightgbm", "catboost", "scikit-learn", "numpy", "pandas")
STANDARD_NORMAL = np.array([-NORMAL_Z90, 0.0, NORMAL_Z90])


def walk_forward_quantiles(
    bucket_name: str,
    matrix: pd.DataFrame,
    standardised_targets: pd.DataFrame,
    windows: pd.DataFrame,
    params: Learners,
) -> pd.DataFrame:
    """Out-of-sample 10/50/90 % log-return quantiles of one specialist, for every fold and horizon.

    Parameters
    ----------
    bucket_name : its file in `ml/buckets` names features, horizons, families and time limit.
    matrix : `features.daily_ml_matrix`, one row per session.
    standardised_targets : `training.standardised_targets`; `target_std` is missing until matured.
    windows : `training.walk_forward_windows`.
    params : the effort's `learners`.

    Returns
    -------
    One row per as-of date of a test block and horizon, columns `FRAME`, log returns, p10 <= p50 <= p90.

    Raises
    ------
    ValueError
        A feature the matrix lacks, windows without their purge, or a test row without volatility forecast.
    FitError
        A fit that failed or met its time limit.
    """
    bucket = load_bucket(bucket_name)
    check_windows(windows)
    features = _features(bucket, matrix)
    blocks = []
    for horizon in bucket.horizons:
        sessions = _sessions(matrix, features, standardised_targets, horizon)
        for fold in windows[windows["horizon"] == horizon].sort_values("test_first_index").itertuples():
            blocks.append(Block(bucket_name, horizon, fold, sessions))
    raw = [
        quantiles[:, -len(QUANTILE_LEVELS) :]
        for quantiles in fitted_quantiles(blocks, bucket, params, label=bucket_name)
    ]
    return in_order(believed_forecasts(blocks, raw, params, bucket_name))


class Sessions:
    """One horizon's rows in session order, as arrays of equal length.

    Parameters
    ----------
    frame : as_of_date, session_index, blend_forecast_log, target_std and the input columns; any order.
    inputs : names of the input columns, in the order the learner sees them.
    """

    def __init__(self, frame: pd.DataFrame, inputs: Sequence[str]):
        frame = frame.sort_values("session_index", ignore_index=True)
        self.index = frame["session_index"].to_numpy(np.int64)
        self.as_of_date = frame["as_of_date"].to_numpy()
        self.blend_forecast_log = frame["blend_forecast_log"].to_numpy(np.float64)
        self.target_std = frame["target_std"].to_numpy(np.float64)
        self.inputs = np.ascontiguousarray(frame[list(inputs)].to_numpy(np.float64))

    def between(self, first: int, last: int) -> slice:
        """Rows whose session number lies in first .. last."""
        return slice(*np.searchsorted(self.index, [first, last + 1]))


class Block:
    """The test block of one fold and horizon, and the rows that may teach its fit."""

    def __init__(self, name: str, horizon: str, fold: object, sessions: Sessions):
        self.name = f"{name} {horizon} {fold.fold_id}"
        self.horizon, self.horizon_sessions = horizon, int(fold.horizon_sessions)
        self.fold_id, self.sessions = fold.fold_id, sessions
        self.last_known_index = int(fold.train_last_index)
        self.test = sessions.between(fold.test_first_index, fold.test_last_index)
        taught = sessions.between(fold.train_first_index, fold.train_last_index)
        known = np.flatnonzero(~np.isnan(sessions.target_std[taught])) + taught.start
        # Rows without a target (before the volatility forecast begins) stand at the start: a plain slice
        # is left.
        self.train = slice(known[0], known[-1] + 1) if len(known) else slice(0, 0)
        if len(known) != self.train.stop - self.train.start:
            raise ValueError(
                f"{self.name}: a training row between others has no target_std: "
                "standardised_targets has a hole."
            )

    def forecasts(self, quantiles_std: NDArray, model_name: str) -> pd.DataFrame:
        """Standardised quantiles, shape (n, 3), times the volatility blend's forecast, with their keys."""
        volatility = self.sessions.blend_forecast_log[self.test]
        if np.isnan(volatility).any():
            date = self.sessions.as_of_date[self.test][np.isnan(volatility)][0]
            raise ValueError(
                f"{self.name}: standardised_targets has no blend_forecast_log on "
                f"{pd.Timestamp(date).date()}; every test session needs one. Look at volatility_blend in "
                "benchmark_forecasts for that date."
            )
        log = quantiles_std * volatility[:, None]
        return pd.DataFrame(
            {
                "as_of_date": self.sessions.as_of_date[self.test],
                "horizon": self.horizon,
                "model_name": model_name,
                "fold_id": self.fold_id,
                "p10_log": log[:, 0],
                "p50_log": log[:, 1],
                "p90_log": log[:, 2],
            }
        )


def fitted_quantiles(
    blocks: Sequence[Block], bucket: Bucket | None, params: Learners | Stacking, label: str
) -> list[NDArray]:
    """Raw standardised quantiles of each block's rows: shape (n, 6), best single estimator then ensemble.

    All fits go to the children in one call. A block whose training rows leave too little before gap and
    holdout, or whose inputs are all missing there, gets the standard normal: the volatility blend's own
    forecast.
    """
    answers: list[NDArray | None] = [None] * len(blocks)
    tasks: dict[int, RowFit] = {}
    silent = []
    for place, block in enumerate(blocks):
        task = _task(block, bucket, params)
        if task is None:
            silent.append(block.name)
            answers[place] = np.tile(STANDARD_NORMAL, (block.test.stop - block.test.start, 2))
        else:
            tasks[place] = task
    if silent:
        print(
            f"{label}: {len(silent)} of {len(blocks)} blocks have too little history to learn from "
            f"({silent[0]} first) and forecast what volatility_blend does",
            file=sys.stderr,
        )
    for place, quantiles in zip(tasks, run_fits(list(tasks.values()), label), strict=True):
        answers[place] = quantiles
    return answers


def believed_forecasts(
    blocks: Sequence[Block], raw: Sequence[NDArray], params: Learners | Stacking, model_name: str
) -> list[pd.DataFrame]:
    """Forecast frame of each block: what its fit says, as far as the forecaster's earlier blocks earned it.

    Parameters
    ----------
    blocks : of one forecaster; those of a horizon in time order.
    raw : per block, standardised quantiles at 0.1, 0.5, 0.9, shape (n, 3); may cross.
    """
    frames = []
    for horizon in dict.fromkeys(block.horizon for block in blocks):
        own = [
            (block, np.sort(values, axis=1))
            for block, values in zip(blocks, raw, strict=True)
            if block.horizon == horizon
        ]
        beliefs = walk_forward_belief(
            [block.sessions.index[block.test] for block, _ in own],
            [values[:, 1] for _, values in own],
            [block.sessions.target_std[block.test] for block, _ in own],
            [block.last_known_index for block, _ in own],
            own[0][0].horizon_sessions,
            params.median_weight,
            params.median_weight_sd,
        )
        frames += [
            block.forecasts(shrunk_quantiles(values, belief, params.width_weight), model_name)
            for (block, values), belief in zip(own, beliefs, strict=True)
        ]
    return frames


def shrunk_quantiles(raw: NDArray, median_weight: float, width_weight: float) -> NDArray:
    """Learnt standardised quantiles as far as they are believed; at weights 0, the standard normal.

    median = median_weight · q50;  width = (q90 - q10)^width_weight in units of the normal's; symmetric
    around the median, since skew was never found forecastable.

    Parameters
    ----------
    raw : shape (n, 3), standard deviations, at levels 0.1, 0.5, 0.9; may cross.

    Returns
    -------
    shape (n, 3), increasing along each row.
    """
    q10, q50, q90 = np.sort(raw, axis=1).T
    median = median_weight * q50
    # A learnt width of nothing (a constant leaf) is no statement; a twentieth of the normal's is the least
    # believed.
    width = np.maximum((q90 - q10) / (2 * NORMAL_Z90), 0.05) ** width_weight
    return median[:, None] + width[:, None] * STANDARD_NORMAL


def in_order(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Forecast frames as one, dates as dates, sorted by as-of date; horizons stay in the order given."""
    if not frames:
        return pd.DataFrame(columns=FRAME)
    frame = pd.concat(frames, ignore_index=True)[FRAME]
    frame = frame.sort_values("as_of_date", kind="stable", ignore_index=True)
    return frame.assign(as_of_date=pd.to_datetime(frame["as_of_date"]).dt.date)


def one_horizon(standardised_targets: pd.DataFrame, horizon: str) -> pd.DataFrame:
    """as_of_date, session_index, blend_forecast_log, target_std of one horizon."""
    keys = ["as_of_date", "session_index", "blend_forecast_log", "target_std"]
    rows = standardised_targets.loc[standardised_targets["horizon"] == horizon, keys]
    return rows.assign(as_of_date=pd.to_datetime(rows["as_of_date"]))


def _features(bucket: Bucket, matrix: pd.DataFrame) -> list[str]:
    missing = [feature for feature in bucket.features if feature not in matrix]
    if missing:
        more = f" (and {len(missing) - 1} more)" if len(missing) > 1 else ""
        raise ValueError(
            f"ml/buckets/{bucket.bucket}.yml: features: {missing[0]!r} is no column of daily_ml_matrix{more}."
        )
    return list(bucket.features)


def _sessions(
    matrix: pd.DataFrame, features: list[str], standardised_targets: pd.DataFrame, horizon: str
) -> Sessions:
    targets = one_horizon(standardised_targets, horizon)
    rows = matrix[["as_of_date", *features]].assign(as_of_date=pd.to_datetime(matrix["as_of_date"]))
    joined = rows.merge(targets, on="as_of_date", how="left", validate="one_to_one")
    is_known = joined["session_index"].notna()
    begun = joined["as_of_date"] >= targets["as_of_date"].min()
    if (begun & ~is_known).any():
        date = joined.loc[begun & ~is_known, "as_of_date"].min().date()
        raise ValueError(
            f"standardised_targets has no row for {date}, horizon {horizon}; daily_ml_matrix has one."
        )
    return Sessions(joined[is_known], features)


def _task(block: Block, bucket: Bucket | None, params: Learners | Stacking) -> RowFit | None:
    """The block's fit, or None where there is nothing to learn from."""
    sessions = block.sessions
    fit, holdout = purged_holdout(
        sessions.index[block.train], block.horizon_sessions, params.holdout_frac, params.min_holdout_sessions
    )
    rows = sessions.inputs[block.train]
    if fit.stop < params.min_fit_sessions or not informative_columns(rows[fit]).any():
        return None
    families = bucket.estimators if bucket else tuple(params.estimators.model_dump(exclude_none=True))
    defined = _hyperparameters(params, families)
    portfolio = getattr(params, "portfolio", None)
    limit = bucket.time_limit_seconds if bucket else params.time_limit_seconds
    deciding = {"time_limit_seconds": limit}
    return RowFit(
        kind="quantiles",
        name=block.name,
        function=fit_quantiles,
        arguments={
            "rows": rows,
            "target": sessions.target_std[block.train],
            "n_fit": fit.stop,
            "first_holdout": holdout.start,
            "quantile_levels": QUANTILE_LEVELS,
            "hyperparameters": None if portfolio else defined,
            "portfolio": portfolio,
            "families": families if portfolio else (),
            "seed": params.seed,
            "time_limit_decides": params.time_limit_decides,
        }
        | (deciding if params.time_limit_decides else {}),
        code=(quantile_estimator, "ml.fixed_rounds"),
        packages=(*PACKAGES, "torch") if "NN_TORCH" in (families if portfolio else defined) else PACKAGES,
        guards={} if params.time_limit_decides else deciding,
        predict=predict_quantiles,
        rows=sessions.inputs[block.test],
    )


def _hyperparameters(params: Learners | Stacking, families: Sequence[str]) -> dict[str, dict]:
    """What the effort defines for the families allowed here."""
    defined = params.estimators.model_dump(exclude_none=True)
    return {family: defined[family] for family in families if family in defined}
