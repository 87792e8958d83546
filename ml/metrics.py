"""Scores of one forecaster's quantiles, and what shares chance explains when windows overlap.

Error = actual - forecast, positive when the forecast was too low. Losses are lower-is-better. Two targets h
sessions long and one session apart share h - 1 sessions, so n rows hold about n / h independent windows:
every band takes the independent ones. Two forecasters against each other: `ml.comparison`.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.params import QUANTILE_LEVELS

BAND_STANDARD_ERRORS = 2.0
"""Half-width of a band around a share: about 95 %."""
WITHIN_CHANCE, TOO_MANY, TOO_FEW = "within chance", "too many", "too few"
"""What a share is called: inside what chance explains, above it, below it."""


class Band(NamedTuple):
    """Shares that chance explains."""

    low: float
    high: float


def pinball_losses(y_true: NDArray, q_pred: NDArray, quantile_levels: NDArray) -> NDArray:
    """Pinball loss of every row and quantile level, in the unit of `y_true`; lower is better.

    Parameters
    ----------
    y_true : shape (n,)
        Realised log returns over the horizon.
    q_pred : shape (..., n, k)
        Predicted quantiles, one column per entry of `quantile_levels`; before them any number of forecasters.
    quantile_levels : shape (k,), in (0, 1).

    Returns
    -------
    The shape of `q_pred`.

    Raises
    ------
    ValueError
        If the shapes do not belong together.

    Examples
    --------
    >>> pinball_losses(np.array([0.03]), np.array([[0.01]]), np.array([0.9])).round(6).tolist()
    [[0.018]]
    """
    y_true, q_pred = np.asarray(y_true, dtype=float), np.asarray(q_pred, dtype=float)
    quantile_levels = np.asarray(quantile_levels, dtype=float)
    if y_true.ndim != 1 or q_pred.shape[-2:] != (len(y_true), len(quantile_levels)):
        raise ValueError(
            f"`q_pred` has shape {q_pred.shape}; expected ({len(y_true)}, {len(quantile_levels)}): "
            "one row per `y_true`, one column per `quantile_levels`."
        )
    error = y_true[:, None] - q_pred  # positive when the forecast was too low
    return np.maximum(quantile_levels * error, (quantile_levels - 1) * error)


def row_losses(quantiles: NDArray, y_true: NDArray) -> NDArray:
    """Pinball of each row, summed over 10/50/90 %; `quantiles` (..., n, 3) and `y_true` (n,) in one unit."""
    return pinball_losses(y_true, quantiles, np.array(QUANTILE_LEVELS)).sum(axis=-1)


def skill(loss: float, benchmark_loss: float) -> float:
    """1 - loss / benchmark_loss, both means over the same rows: 0.01 is 1 % less loss than the benchmark."""
    return 1 - loss / benchmark_loss


def effective_sample_size(n_rows: int, horizon_sessions: int, step_sessions: int = 1) -> float:
    """Independent windows among `n_rows` targets of h sessions made every `step_sessions`: n * step / h."""
    return n_rows * min(1.0, step_sessions / horizon_sessions)


def share_band(share: float, n_eff: float) -> Band:
    """Where an observed share lies 95 times in 100 if `share` is true: p +- 2 * sqrt(p(1 - p) / n_eff)."""
    half = BAND_STANDARD_ERRORS * math.sqrt(share * (1 - share) / n_eff)
    return Band(max(share - half, 0.0), min(share + half, 1.0))
