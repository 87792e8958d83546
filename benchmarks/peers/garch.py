"""statsforecast's GARCH(1,1) of the daily returns, zero drift, normal: its estimate and its filter.

The library's own forecast is one simulated path, of which no quantile of a sum can be had; the expected
variance of the next h sessions has a closed form.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri
from statsforecast.garch import garch_sigma2
from statsforecast.models import GARCH

from benchmarks.market import QUANTILE_LEVELS, Market

REFIT_MONTHS = 4
# The optimiser starts at .1 for each coefficient: at home with returns in per cent.
PERCENT = 100.0


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    returns = PERCENT * market.returns[1:]  # place p of the market is place p - 1 here
    frames = []
    for refit in market.refits(REFIT_MONTHS):
        coefficients = GARCH(1, 1).fit(returns[: refit.start - 1]).model_["coeff"]
        following = np.array([next_variance(coefficients, returns[:origin]) for origin in refit.origins])
        for horizon, h in market.horizons.items():
            deviation = np.sqrt(horizon_variance(coefficients, following, h)) / PERCENT
            quantiles = deviation[:, None] * ndtri(np.array(QUANTILE_LEVELS))
            frames.append(market.forecasts(horizon, refit.origins, quantiles))
    return pd.concat(frames, ignore_index=True)


def next_variance(coefficients: NDArray, returns: NDArray) -> float:
    """Variance of the return after the last of `returns`: omega + alpha * r^2 + beta * s^2."""
    omega, alpha, beta = coefficients
    return omega + alpha * returns[-1] ** 2 + beta * garch_sigma2(coefficients, returns, 1, 1)[-1]


def horizon_variance(coefficients: NDArray, following: NDArray, sessions: int) -> NDArray:
    """Expected squares of the next `sessions` returns, summed: each is omega + (alpha + beta) * the last."""
    omega, alpha, beta = coefficients
    total, variance = np.zeros_like(following), following
    for _ in range(sessions):
        total = total + variance
        variance = omega + (alpha + beta) * variance
    return total
