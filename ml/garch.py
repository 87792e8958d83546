"""GJR-GARCH(1,1) with t errors (Glosten, Jagannathan and Runkle 1993): its fit.

The source of this module is part of the key of every fit; what only reads coefficients stands elsewhere
(`ml.garch_variance`).
"""

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

    NaN where the optimiser did not converge: what it gives then is finite and no maximum.

    Parameters
    ----------
    returns : log returns without NaN, one array per instrument; mean zero is assumed, t errors are fitted.
    """
    from arch import arch_model  # heavy: only where something is fitted

    coefficients = np.full((len(returns), 4), np.nan)
    for row, series in enumerate(returns):
        model = arch_model(PERCENT * series, mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)
        result = model.fit(disp="off", show_warning=False)
        if result.convergence_flag == 0:
            coefficients[row] = result.params.to_numpy()[:4]
            coefficients[row, 0] /= PERCENT**2
    return coefficients
