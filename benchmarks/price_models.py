"""Statistical models of the price path: estimated now and then, filtered to every origin in between."""

from typing import Any

import numpy as np
import pandas as pd

from benchmarks.market import Market

# 10 and 90 % are the ends of the central 80 %.
BAND_PCT = 80


def carried_forward(market: Market, model: Any, refit_months: int) -> pd.DataFrame:
    """Forecasts of a statsforecast model of the log price, columns `market.FORECAST`.

    Parameters
    ----------
    market
        The history up to the last origin.
    model
        With `fit` and `forward`: estimated on the sessions before each block of `refit_months`; at each of
        the block's origins its state is filtered through the sessions up to there, its coefficients stay.
    """
    price, furthest = market.log_price, max(market.horizons.values())
    frames = []
    for refit in market.refits(refit_months):
        fitted = model.fit(price[: refit.start])
        paths = []
        for origin in refit.origins:
            path = fitted.forward(price[: origin + 1], h=furthest, level=[BAND_PCT])
            levels = np.column_stack([path[f"lo-{BAND_PCT}"], path["mean"], path[f"hi-{BAND_PCT}"]])
            paths.append(levels - price[origin])
        paths = np.array(paths)  # (origins, sessions ahead, 3)
        for horizon, h in market.horizons.items():
            frames.append(market.forecasts(horizon, refit.origins, paths[:, h - 1]))
    return pd.concat(frames, ignore_index=True)
