"""Scores of quantile forecasts, and what can be told apart from chance when windows overlap.

Error = actual - forecast, positive when the forecast was too low. Losses are lower-is-better. Two targets h
sessions long and one session apart share h - 1 sessions, so n rows hold about n / h independent windows:
every band and every t-value here takes h.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BAND_STANDARD_ERRORS = 2.0
"""Half-width of a band around a share: about 95 %."""


class Comparison(NamedTuple):
    """A forecaster against another on the same rows; positive `mean_gain` and `t` = lower loss."""

    mean_gain: float
    t: float
    n_eff: float


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


def hac_standard_error(values: NDArray, lag: int) -> float:
    """Standard error of the mean of an autocorrelated series, Bartlett weights (Newey and West 1987).

    Parameters
    ----------
    values : shape (n,), in time order, without NaN.
    lag : last autocovariance that counts; h - 1 for h-session targets made every session.

    Raises
    ------
    ValueError
        If there are not more values than lags.
    """
    values = np.asarray(values, dtype=float)
    n = len(values)
    if not 0 <= lag < n:
        raise ValueError(f"`lag` is {lag}; expected 0 .. {n - 1}, fewer than the {n} values.")
    deviation = values - values.mean()
    long_run = np.mean(deviation**2)
    for shift in range(1, lag + 1):
        weight = 1 - shift / (lag + 1)
        long_run += 2 * weight * np.sum(deviation[shift:] * deviation[:-shift]) / n
    return math.sqrt(long_run / n)


def loss_comparison(
    loss: NDArray, benchmark_loss: NDArray, horizon_sessions: int, step_sessions: int = 1
) -> Comparison:
    """Diebold-Mariano comparison on rows in time order, small-sample correction of Harvey et al. (1997).

    Parameters
    ----------
    loss, benchmark_loss : shape (n,), the same rows without NaN.
    horizon_sessions, step_sessions : length of a target and distance of two rows; they set the HAC lag,
        ceil(h / step) - 1.

    Returns
    -------
    Comparison
        Mean of benchmark_loss - loss, its t-value (0 where the two never differ, NaN with fewer rows than a
        horizon) and the independent windows. At 3m and 6m t describes and does not decide: ten years hold
        about 40 and 20 windows.
    """
    gain = np.asarray(benchmark_loss, dtype=float) - np.asarray(loss, dtype=float)
    n, steps = len(gain), math.ceil(horizon_sessions / step_sessions)
    mean, n_eff = float(gain.mean()), effective_sample_size(n, horizon_sessions, step_sessions)
    if n < steps:
        return Comparison(mean, math.nan, n_eff)
    error = hac_standard_error(gain, steps - 1)
    correction = math.sqrt(max((n + 1 - 2 * steps + steps * (steps - 1) / n) / n, 0.0))
    return Comparison(mean, correction * mean / error if error > 0 else 0.0, n_eff)
