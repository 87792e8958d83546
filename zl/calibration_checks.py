"""Do the quantiles mean what they say: PIT, shares below each level, and elementary scores.

Shares of overlapping outcomes are judged by the independent windows among them, PITs on every h-th origin.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ml.comparison import MIN_INDEPENDENT_WINDOWS, NOT_ENOUGH
from ml.metrics import TOO_FEW, TOO_MANY, WITHIN_CHANCE, share_band


def pit_uniformity(pit: NDArray, horizon_sessions: int) -> float:
    """Kolmogorov-Smirnov p-value of uniform PITs, on every h-th of them from the first on (in time order)."""
    apart = pit[::horizon_sessions]
    apart = apart[np.isfinite(apart)]
    return float(stats.kstest(apart, "uniform").pvalue) if len(apart) else float("nan")


def share_verdict(share: float, expected: float, n_eff: float) -> str:
    """too many, too few, within chance (two standard errors at `n_eff` windows), or not enough evidence.

    Shares are of outcomes in the tail or band asked about. Fewer than ten windows answer nothing.
    """
    if n_eff < MIN_INDEPENDENT_WINDOWS:
        return NOT_ENOUGH
    band = share_band(expected, n_eff)
    if band.low <= share <= band.high:
        return WITHIN_CHANCE
    return TOO_MANY if share > expected else TOO_FEW


def elementary_scores(y_true: NDArray, q_pred: NDArray, level: float, thresholds: NDArray) -> NDArray:
    """Elementary scores of a quantile forecast at each threshold, shape (n, k); lower is better.

    S = 1 - level where y <= threshold < forecast, level where forecast <= threshold < y, else 0: what a user
    loses who acts when the quantile exceeds the threshold. Every score that is fair to quantiles is a mixture
    of these, and their integral over thresholds is the pinball loss (Ehm, Gneiting, Jordan and Krueger, "Of
    quantiles and expectiles", 2016).

    Parameters
    ----------
    y_true, q_pred : shape (n,).
    thresholds : shape (k,), in the unit of both.
    """
    y, q = y_true[:, None], q_pred[:, None]
    too_high = (y <= thresholds) & (thresholds < q)
    too_low = (q <= thresholds) & (thresholds < y)
    return (1 - level) * too_high + level * too_low


def murphy_curve(y_true: NDArray, quantiles: NDArray, levels: NDArray, thresholds: NDArray) -> NDArray:
    """Mean elementary score at each threshold, averaged over the levels; shape (k,).

    Parameters
    ----------
    y_true : shape (n,); quantiles : shape (n, len(levels)).
    """
    curves = [
        elementary_scores(y_true, quantiles[:, place], level, thresholds).mean(axis=0)
        for place, level in enumerate(levels)
    ]
    return np.mean(curves, axis=0)
