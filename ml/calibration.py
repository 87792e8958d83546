"""Calibration: an online conformal step on the ensemble's 10 % and 90 % quantiles, and an alarm.

Scores are distances beyond a quantile in units of the volatility forecast, so that calm and wild years count
alike; one step for both sides, because tails with steps of their own chase the trend of the last years. The
stage is the identity unless the step has paid on earlier blocks; the alarm is always computed. Conformal
quantiles: Romano, Patterson and Candès, "Conformalized Quantile Regression" (2019).
"""

from bisect import bisect_left, insort

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.comparison import loss_gains
from ml.ensemble import QUANTILES
from ml.metrics import row_losses
from ml.params import Calibration
from ml.proof import proven_share

COVERAGE = 0.8
"""Share of outcomes that should lie between p10 and p90."""


def conformal_steps(
    scores: NDArray, session_index: NDArray, horizon_sessions: int, level: float, params: Calibration
) -> NDArray:
    """Each session's conformal correction, from the scores that have matured by its close.

    The `level` quantile of the scores matured in the last `window_sessions` is what would have made past
    coverage exact; `step_frac` of it is applied. A target h sessions ahead informs h sessions later.

    Parameters
    ----------
    scores : shape (n,)
        Outcome beyond the nearer outer quantile, in volatility forecasts, positive outside; NaN if unknown.
    session_index : shape (n,), increasing.
    level : share of scores that should be at most 0.

    Returns
    -------
    Corrections, shape (n,), in volatility forecasts; 0 until `min_windows` independent windows have matured.
    """
    steps = np.zeros(len(scores))
    known: list[float] = []  # sorted: an order statistic has no last bit to lose
    enough = params.min_windows * horizon_sessions
    entering, leaving = 0, 0
    for row, session in enumerate(session_index):
        while entering < len(scores) and session_index[entering] + horizon_sessions <= session:
            if np.isfinite(scores[entering]):
                insort(known, scores[entering])
            entering += 1
        while session_index[leaving] + horizon_sessions <= session - params.window_sessions:
            if np.isfinite(scores[leaving]):
                known.pop(bisect_left(known, scores[leaving]))
            leaving += 1
        if len(known) >= max(enough, 1):
            steps[row] = params.step_frac * known[min(len(known), int(np.ceil(level * (len(known) + 1)))) - 1]
    return steps


def calibrate(
    ensemble_predictions: pd.DataFrame,
    standardised_targets: pd.DataFrame,
    windows: pd.DataFrame,
    params: Calibration,
) -> pd.DataFrame:
    """Served quantiles: the ensemble's, moved by the conformal step where earlier blocks prove that it pays.

    For each fold the step's share is `proven_share` of its gain over the identity on all earlier rows matured
    before the fold's first test date, so 0 is the rule. The median is never moved. Quantiles are sorted.

    Parameters
    ----------
    ensemble_predictions : as_of_date, horizon, p10_log, p50_log, p90_log; key unique.
    standardised_targets : as_of_date, horizon, session_index, vol_forecast_log, target_log (NULL: open).
    windows : fold_id, horizon, horizon_sessions, train_last_index, test_first_index, test_last_index.

    Returns
    -------
    One row per prediction: as_of_date, horizon, fold_id, p10_log, p50_log, p90_log, `is_adjusted`,
    `adjustment_frac`, `adjustment_p10_log` and `adjustment_p90_log` (added), `step_log` (what the
    step would have moved both outwards by), `n_crossed` (neighbours out of order before sorting),
    `n_matured`, `coverage_frac` of the last `alarm_sessions` matured rows, `coverage_band_frac` (half width
    of what chance allows), `has_coverage_alarm`.

    Raises
    ------
    ValueError
        A prediction without a fold or a volatility forecast, or two for one key.
    """
    frames = []
    for horizon, folds in windows.groupby("horizon", sort=False):
        rows = _horizon_rows(ensemble_predictions, standardised_targets, horizon)
        frames.append(_calibrated_horizon(rows, folds.sort_values("test_first_index"), horizon, params))
    return pd.concat(frames, ignore_index=True).sort_values(["as_of_date", "horizon"], ignore_index=True)


def _horizon_rows(predictions: pd.DataFrame, targets: pd.DataFrame, horizon: str) -> pd.DataFrame:
    """Predictions of one horizon with session index, volatility forecast and outcome, oldest first."""
    keyed = ["as_of_date", *QUANTILES]
    rows = predictions.loc[predictions["horizon"] == horizon, keyed].copy()
    facts = targets.loc[
        targets["horizon"] == horizon, ["as_of_date", "session_index", "vol_forecast_log", "target_log"]
    ].copy()
    for frame in (rows, facts):
        frame["as_of_date"] = pd.to_datetime(frame["as_of_date"])
    rows = rows.merge(facts, on="as_of_date", how="left", validate="one_to_one")
    missing = rows["vol_forecast_log"].isna()
    if missing.any():
        raise ValueError(
            f"Horizon {horizon}: {int(missing.sum())} ensemble rows without a volatility forecast in "
            f"standardised_targets; the first is {rows.loc[missing, 'as_of_date'].min():%Y-%m-%d}."
        )
    return rows.sort_values("session_index", ignore_index=True)


def _calibrated_horizon(
    rows: pd.DataFrame, folds: pd.DataFrame, horizon: str, params: Calibration
) -> pd.DataFrame:
    h = int(folds["horizon_sessions"].iloc[0]) if len(folds) else 0
    session = rows["session_index"].to_numpy(dtype=np.int64)
    scale = rows["vol_forecast_log"].to_numpy(dtype=float)
    outcome = rows["target_log"].to_numpy(dtype=float)
    raw = rows[QUANTILES].to_numpy(dtype=float)
    n_crossed = (np.diff(raw, axis=1) < 0).sum(axis=1)
    given = np.sort(raw, axis=1)
    scores = np.maximum(given[:, 0] - outcome, outcome - given[:, 2]) / scale
    step = scale * conformal_steps(scores, session, h, COVERAGE, params)
    stepped = _moved(given, step)
    gains = loss_gains(row_losses(stepped, outcome), row_losses(given, outcome)) / scale
    share, fold_ids = _fold_shares(gains, session, folds, h, params)
    if (fold_ids == "").any():
        first = rows["as_of_date"][int(np.argmax(fold_ids == ""))]
        raise ValueError(
            f"Horizon {horizon}: the ensemble row of {first:%Y-%m-%d} lies in no walk-forward window."
        )
    served = _moved(given, share * step)
    inside = (served[:, 0] <= outcome) & (outcome <= served[:, 2])
    alarm = coverage_alarms(inside, np.isfinite(outcome), session, h, params)
    return pd.DataFrame({
        "as_of_date": rows["as_of_date"], "horizon": horizon, "fold_id": fold_ids,
        "p10_log": served[:, 0], "p50_log": served[:, 1], "p90_log": served[:, 2],
        "is_adjusted": share > 0, "adjustment_frac": share,
        "adjustment_p10_log": served[:, 0] - given[:, 0], "adjustment_p90_log": served[:, 2] - given[:, 2],
        "step_log": step, "n_crossed": n_crossed, **alarm,
    })  # fmt: skip


def _moved(quantiles: NDArray, step: NDArray) -> NDArray:
    """Outer quantiles moved outwards by `step` (inwards if negative), never across the median."""
    p10, p50, p90 = quantiles.T
    return np.column_stack([np.minimum(p10 - step, p50), p50, np.maximum(p90 + step, p50)])


def _fold_shares(
    gains: NDArray, session: NDArray, folds: pd.DataFrame, horizon_sessions: int, params: Calibration
) -> tuple[NDArray, NDArray]:
    """Each row's share of the step and its fold; the proof uses rows matured before the fold begins."""
    share, fold_ids = np.zeros(len(session)), np.full(len(session), "", dtype=object)
    for fold in folds.itertuples():
        earlier = (session <= fold.train_last_index) & np.isfinite(gains)
        proof = proven_share(gains[earlier], horizon_sessions, params.caution, params.min_record_windows)
        test = (session >= fold.test_first_index) & (session <= fold.test_last_index)
        share[test], fold_ids[test] = proof.share, fold.fold_id
    return share, fold_ids


def coverage_alarms(
    inside: NDArray, is_known: NDArray, session_index: NDArray, horizon_sessions: int, params: Calibration
) -> dict[str, NDArray]:
    """Coverage of the last `alarm_sessions` matured rows at each session, and whether chance explains it.

    The band is two standard errors with n_eff = rows / h independent windows (overlapping targets share
    h - 1 sessions); no alarm before `min_windows` of them.

    Parameters
    ----------
    inside, is_known : shape (n,), whether the outcome lay in p10..p90, and whether it has matured.
    session_index : shape (n,), increasing.
    """
    hits = np.concatenate([[0], np.cumsum(inside & is_known)])
    known = np.concatenate([[0], np.cumsum(is_known)])
    last = np.searchsorted(session_index, session_index - horizon_sessions, side="right")
    too_old = session_index - horizon_sessions - params.alarm_sessions
    first = np.searchsorted(session_index, too_old, side="right")
    n_matured = known[last] - known[first]
    n_effective = n_matured / horizon_sessions
    with np.errstate(divide="ignore", invalid="ignore"):
        coverage = np.where(n_matured > 0, (hits[last] - hits[first]) / n_matured, np.nan)
        band = np.where(n_matured > 0, 2 * np.sqrt(COVERAGE * (1 - COVERAGE) / n_effective), np.nan)
    alarm = (n_effective >= params.min_windows) & (np.abs(coverage - COVERAGE) > band)
    return {
        "n_matured": n_matured,
        "coverage_frac": coverage,
        "coverage_band_frac": band,
        "has_coverage_alarm": alarm,
    }
