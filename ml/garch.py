"""GJR-GARCH(1,1) with t errors (Glosten, Jagannathan and Runkle 1993): fit, filter, variance of a horizon."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

MAX_PERSISTENCE = 0.9995
"""A variance shock halves in at most 1,400 sessions. At 1 the long-run variance would not exist."""
PERCENT = 100.0
"""The optimiser is at home with returns in per cent."""


class Gjr(NamedTuple):
    """Coefficients of s2 <- omega + (alpha + gamma * 1[r < 0]) * r^2 + beta * s2, in squared log units."""

    omega: float
    alpha: float
    gamma: float
    beta: float

    @property
    def persistence(self) -> float:
        """Share of a variance shock that is left after one session, with symmetric errors."""
        return min(self.alpha + self.gamma / 2 + self.beta, MAX_PERSISTENCE)


def fit_gjr(returns: Sequence[NDArray]) -> NDArray:
    """Maximum-likelihood coefficients for each return series; shape (len(returns), 4), in the order of `Gjr`.

    Parameters
    ----------
    returns : log returns without NaN, one array per instrument; mean zero is assumed, t errors are fitted.
    """
    from arch import arch_model  # heavy: only where something is fitted

    coefficients = np.full((len(returns), 4), np.nan)
    for row, series in enumerate(returns):
        model = arch_model(PERCENT * series, mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
        result = model.fit(disp="off", show_warning=False)
        coefficients[row] = result.params.to_numpy()[:4]
        coefficients[row, 0] /= PERCENT**2
    return coefficients


def gjr_variance(returns: NDArray, gjr: Gjr, start: float) -> NDArray:
    """Variance of the next session, known at each close; shape (n,). A NaN return carries the variance.

    Parameters
    ----------
    returns : shape (n,), log returns.
    start : variance in force before the first return.
    """
    variance = np.full(len(returns), np.nan)
    omega, alpha, gamma, beta = (float(value) for value in gjr)
    current = start
    for session, value in enumerate(returns.tolist()):
        if value == value:  # not NaN
            slope = alpha + gamma if value < 0 else alpha
            current = omega + slope * value * value + beta * current
        variance[session] = current
    return variance


def horizon_variance(next_variance: NDArray, gjr: Gjr, sessions: int) -> NDArray:
    """Expected variance of the sum of the next `sessions` returns, from that of the next one; shape (n,).

    E[s2_(t+k)] = s2_inf + phi^(k-1) * (s2_(t+1) - s2_inf), summed over k = 1..h, phi the persistence.
    """
    phi = gjr.persistence
    long_run = gjr.omega / (1 - phi)
    return sessions * long_run + (1 - phi**sessions) / (1 - phi) * (next_variance - long_run)
