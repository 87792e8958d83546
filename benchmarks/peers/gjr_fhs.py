"""GJR-GARCH(1,1) with t errors and a constant drift by `arch`, quantiles by filtered historical simulation.

The coefficients are estimated anew every few months; at each origin the variance is filtered through the
sessions so far and paths are drawn from the standardised residuals so far.
"""

import numpy as np
import pandas as pd
from arch import arch_model
from arch.univariate.base import ARCHModel
from numpy.typing import NDArray

from benchmarks.market import QUANTILE_LEVELS, Market

REFIT_MONTHS = 4
PERCENT = 100.0
# The Monte Carlo error of a 10 % quantile of 4,000 is 2.7 % of a standard deviation.
N_PATHS = 4000
SEED = 20100607


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    returns, furthest = PERCENT * market.returns[1:], max(market.horizons.values())
    frames = []
    for refit in market.refits(REFIT_MONTHS):
        estimate = gjr(returns[: refit.start - 1]).fit(disp="off", show_warning=False).params
        # (origins, paths, sessions): the return since the origin.
        paths = np.array(
            [simulated_paths(returns[:origin], estimate, furthest, int(origin)) for origin in refit.origins]
        )
        for horizon, h in market.horizons.items():
            quantiles = np.quantile(paths[:, :, h - 1], QUANTILE_LEVELS, axis=1).T / PERCENT
            frames.append(market.forecasts(horizon, refit.origins, quantiles))
    return pd.concat(frames, ignore_index=True)


def gjr(returns: NDArray) -> ARCHModel:
    """The model of these returns, in per cent."""
    return arch_model(returns, mean="Constant", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False)


def simulated_paths(returns: NDArray, estimate: pd.Series, sessions: int, origin: int) -> NDArray:
    """Cumulated returns of the simulated paths after the last of `returns`; shape (N_PATHS, sessions)."""
    simulated = (
        gjr(returns)
        .fix(estimate)
        .forecast(
            horizon=sessions,
            method="bootstrap",
            simulations=N_PATHS,
            random_state=np.random.RandomState(SEED + origin),
        )
    )
    return np.cumsum(simulated.simulations.values[-1], axis=1)
