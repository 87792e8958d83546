"""LightGBM as it comes, a model per quantile, on raw returns and every covariate; walk-forward, purged."""

import lightgbm
import numpy as np
import pandas as pd

from benchmarks.market import QUANTILE_LEVELS, Market

REFIT_MONTHS = 12
PARAMETERS = {
    "objective": "quantile",
    "num_threads": 1,
    "deterministic": True,
    "seed": 20100607,
    "verbosity": -1,
}


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`; quantiles may cross, since each is a model of its own."""
    inputs = market.covariates.to_numpy()
    frames = []
    for horizon in market.horizons:
        target = market.target(horizon)
        for refit in market.refits(REFIT_MONTHS):
            taught = market.training_rows(horizon, refit.start)
            quantiles = [
                lightgbm.train(
                    PARAMETERS | {"alpha": level}, lightgbm.Dataset(inputs[taught], label=target[taught])
                ).predict(inputs[refit.origins])
                for level in QUANTILE_LEVELS
            ]
            frames.append(market.forecasts(horizon, refit.origins, np.column_stack(quantiles)))
    return pd.concat(frames, ignore_index=True)
