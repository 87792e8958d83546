"""How far a challenger is followed: as far as its record proves that it loses less than the champion."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.comparison import normal_deviate, overlap_standard_error


class Proof(NamedTuple):
    """What a record of loss differences is worth."""

    share: float
    """How far to follow the challenger, 0 (not at all) to 1."""
    t_stat: float
    """Mean gain over its standard error, as a normal deviate; NaN without a record."""
    n_rows: int
    mean_gain: float


def proven_share(gains: NDArray, horizon_sessions: int, caution: float, min_windows: float) -> Proof:
    """Positive-part shrinkage `max(0, 1 - caution / t^2)` of a challenger that wins on average, else 0.

    The James-Stein idea: follow an estimated gain by the part of it that is not noise. The t of n / h windows
    is that of a comparison of losses (`ml.comparison`): few windows prove less.

    Parameters
    ----------
    gains : shape (n,)
        Loss of the champion minus loss of the challenger on consecutive sessions, oldest first
        (`ml.comparison.loss_gains`).
    horizon_sessions : h; the record holds n / h independent windows.
    caution : share is 0 up to a t of sqrt(caution).
    min_windows : shorter records prove nothing.
    """
    n, h = len(gains), horizon_sessions
    if n < min_windows * h or n < 2:
        return Proof(0.0, float("nan"), n, float("nan"))
    mean = gains.mean()
    error = overlap_standard_error(gains, h)
    if error == 0:  # the two never differ, or always by the same
        return Proof(float(mean > 0), float(np.sign(mean)) * np.inf if mean else 0.0, n, float(mean))
    t_stat = normal_deviate(mean / error, max(n / h - 1, 1))
    share = 1 - caution / t_stat**2 if t_stat > 0 else 0.0
    return Proof(float(max(0.0, share)), float(t_stat), n, float(mean))
