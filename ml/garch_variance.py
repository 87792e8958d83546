"""What a GJR-GARCH fit says of the variance: of the next session, at each close, and of a whole horizon."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.garch import Gjr

STRETCH = 512
"""Sessions walked at once: their variances under all fits stay near the processor."""


def gjr_variances(returns: NDArray, fits: Sequence[Gjr], start: float) -> NDArray:
    """Variance of the next session under each fit, known at each close; shape (len(fits), n).

    One walk over the sessions serves all fits. A NaN return carries the variance.

    Parameters
    ----------
    returns : shape (n,), log returns.
    start : variance in force before the first return.
    """
    omega, alpha, gamma, beta = np.array(fits).T
    present = ~np.isnan(returns)
    known = returns[present][:, None]
    variances = np.full((len(fits), len(known) + 1), start)
    current, carried = variances[:, 0].copy(), np.empty(len(fits))
    for first in range(0, len(known), STRETCH):
        stretch = known[first : first + STRETCH]
        states = omega + np.where(stretch < 0, alpha + gamma, alpha) * stretch * stretch
        for state in states:
            np.multiply(beta, current, out=carried)
            np.add(state, carried, out=state)
            current = state
        variances[:, first + 1 : first + 1 + len(stretch)] = states.T
    return np.take(variances, np.cumsum(present), axis=1)


def horizon_terms(gjr: Gjr, sessions: int) -> tuple[float, float, float]:
    """Long-run variance of a session, of `sessions` of them, and the weight of the next one's excess over it.

    E[s2_(t+k)] = s2_inf + phi^(k-1) * (s2_(t+1) - s2_inf), summed over k = 1..h, phi the persistence.
    """
    phi = gjr.persistence
    long_run = gjr.omega / (1 - phi)
    return long_run, sessions * long_run, (1 - phi**sessions) / (1 - phi)


def horizon_variance(next_variance: NDArray, long_run: NDArray, total: NDArray, weight: NDArray) -> NDArray:
    """Expected variance of the sum of a horizon's returns, from that of the next one and `horizon_terms`."""
    return total + weight * (next_variance - long_run)
