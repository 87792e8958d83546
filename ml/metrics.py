"""Scores of one forecaster's quantiles, and what shares chance explains when windows overlap.

Error = actual - forecast, positive when the forecast was too low. Losses are lower-is-better. Two targets h
sessions long and one session apart share h - 1 sessions, so n rows hold about n / h independent windows:
every band takes the independent ones. Two forecasters against each other: `ml.comparison`.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BAND_STANDARD_ERRORS = 2.0
"""Half-width of a band around a share: about 95 %."""


class Band(NamedTuple):
    """Shares that chance explains."""

    low: float
    high: float


def pinball_loss(y_true: NDArray, q_pred: NDArray, quantile_levels: NDArray) -> NDArray:
    """Mean pinball loss per quantile level, in the unit of `y_true`; shape (k,), lower is better.

    Parameters
    ----------
    y_true : shape (n,)
        Realised log returns over the horizon.
    q_pred : shape (n, k)
        Predicted quantiles, one column per entry of `quantile_levels`.
    quantile_levels : shape (k,), in (0, 1).

    Examples
    --------
    >>> pinball_loss(np.array([0.03]), np.array([[0.01]]), np.array([0.9])).round(6).tolist()
    [0.018]
    """
    return pinball_losses(y_true, q_pred, quantile_levels).mean(axis=0)


def pinball_losses(y_true: NDArray, q_pred: NDArray, quantile_levels: NDArray) -> NDArray:
    """Pinball loss of every row and quantile level; shape (n, k), see `pinball_loss`.

    Raises
    ------
    ValueError
        If the shapes do not belong together.
    """
    y_true, q_pred = np.asarray(y_true, dtype=float), np.asarray(q_pred, dtype=float)
    quantile_levels = np.asarray(quantile_levels, dtype=float)
    if y_true.ndim != 1 or q_pred.shape != (len(y_true), len(quantile_levels)):
        raise ValueError(
            f"`q_pred` has shape {q_pred.shape}; expected ({len(y_true)}, {len(quantile_levels)}): "
            "one row per `y_true`, one column per `quantile_levels`."
        )
    error = y_true[:, None] - q_pred  # (n, k), positive when the forecast was too low
    return np.maximum(quantile_levels * error, (quantile_levels - 1) * error)


def skill(loss: float, benchmark_loss: float) -> float:
    """1 - loss / benchmark_loss, both means over the same rows: 0.01 is 1 % less loss than the benchmark."""
    return 1 - loss / benchmark_loss


def interval_coverage(y_true: NDArray, low: NDArray, high: NDArray) -> float:
    """Share of rows with low <= y <= high; 0.8 is right for p10 and p90."""
    return float(np.mean((low <= y_true) & (y_true <= high)))


def tail_shares(y_true: NDArray, low: NDArray, high: NDArray) -> tuple[float, float]:
    """Share of rows below `low` and above `high`; (0.1, 0.1) is right for p10 and p90."""
    return float(np.mean(y_true < low)), float(np.mean(y_true > high))


def n_crossings(quantiles: NDArray) -> int:
    """Rows of `quantiles` (n, k), levels ascending, in which a value is below its left neighbour."""
    return int((np.diff(quantiles, axis=1) < 0).any(axis=1).sum())


def effective_sample_size(n_rows: int, horizon_sessions: int, step_sessions: int = 1) -> float:
    """Independent windows among `n_rows` targets of h sessions made every `step_sessions`: n * step / h."""
    return n_rows * min(1.0, step_sessions / horizon_sessions)


def share_band(share: float, n_eff: float) -> Band:
    """Where an observed share lies 95 times in 100 if `share` is true: p +- 2 * sqrt(p(1 - p) / n_eff)."""
    half = BAND_STANDARD_ERRORS * math.sqrt(share * (1 - share) / n_eff)
    return Band(max(share - half, 0.0), min(share + half, 1.0))
