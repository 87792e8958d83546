"""AutoGluon TimeSeries with past covariates on the log price: its `light` collection without hub models.

Refitted every January within a budget; the fitted predictor then forecasts from every origin of the year.
"""

import tempfile

import numpy as np
import pandas as pd

from benchmarks.market import QUANTILE_LEVELS, Market

REFIT_MONTHS = 12
FIT_SECONDS = 120
SEED = 20100607
# Its collection `light`, less the two models whose weights come from a hub. Prices have no season: seasonal
# naive is then naive. Local models run in this process, so that their time is counted.
FAMILIES = {
    "SeasonalNaive": {"seasonal_period": 1, "n_jobs": 1},
    "ETS": {"seasonal_period": 1, "n_jobs": 1},
    "Theta": {"seasonal_period": 1, "n_jobs": 1},
    "RecursiveTabular": {},
    "DirectTabular": {},
}
# Crush, palm, positions, dollar, energy, policy, and the width itself: what is believed to move soybean oil.
COVARIATES = [
    "board_crush_zscore_60d",
    "oil_share_zscore_60d",
    "palm_spread_zscore_252d",
    "cot_zl_net_percentile_52w",
    "dollar_change_log_63d",
    "boho_zscore_252d",
    "rin_d4_change_log_4w",
    "cl_return_log_63d",
    "vix_points",
    "zl_volatility_pct_21d",
]
# One step a session, on a calendar of its own: sessions have holes, AutoGluon's calendars do not.
FIRST_DAY = pd.Timestamp("2000-01-01")


def forecast(market: Market) -> pd.DataFrame:
    """Columns of `market.FORECAST`."""
    return forecast_with(market, FAMILIES)


def forecast_with(market: Market, families: dict[str, dict]) -> pd.DataFrame:
    """The same with other models."""
    from autogluon.timeseries import TimeSeriesPredictor

    furthest = max(market.horizons.values())
    frames = []
    for refit in market.refits(REFIT_MONTHS):
        with tempfile.TemporaryDirectory() as folder:
            predictor = TimeSeriesPredictor(
                prediction_length=furthest,
                freq="D",
                quantile_levels=list(QUANTILE_LEVELS),
                eval_metric="WQL",
                path=folder,
                verbosity=2,
            )
            predictor.fit(
                histories(market, [refit.start - 1]),
                hyperparameters=families,
                time_limit=FIT_SECONDS,
                random_seed=SEED,
            )
            paths = predictor.predict(histories(market, refit.origins), random_seed=SEED)
        for horizon, h in market.horizons.items():
            level = [paths.loc[str(origin)].iloc[h - 1] for origin in refit.origins]
            quantiles = pd.DataFrame(level)[[str(level) for level in QUANTILE_LEVELS]].to_numpy()
            frames.append(
                market.forecasts(horizon, refit.origins, quantiles - market.log_price[refit.origins, None])
            )
    return pd.concat(frames, ignore_index=True)


def histories(market: Market, origins: np.ndarray):
    """One item per origin: log price and covariates up to it, a `TimeSeriesDataFrame`."""
    from autogluon.timeseries import TimeSeriesDataFrame

    whole = market.covariates[COVARIATES].assign(target=market.log_price)
    whole["timestamp"] = FIRST_DAY + pd.to_timedelta(np.arange(len(whole)), "D")
    items = [whole.iloc[: origin + 1].assign(item_id=str(origin)) for origin in origins]
    return TimeSeriesDataFrame.from_data_frame(pd.concat(items, ignore_index=True))
