"""On markets whose truth is known, eight outcomes in ten lie between the served 10 and 90 %.

Origins are a horizon apart, so that no two outcomes share a session; they begin where a market is as old as soybean oil
was at the first served forecast. Forecasts are `volatility_pool`'s, which is what the ensemble serves without
learners, and the same after the calibration stage.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import simulated_markets
from numpy.typing import NDArray
from simulated_walk import forecast, windows

from ml import variance, volatility
from ml.calibration import calibrate
from ml.histories import History, root_histories
from ml.params import NORMAL_Z90, load_params
from ml.pooled_har import pooled_har_variance

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
PARAMS = load_params("standard")
KINDS = ("iid_normal", "iid_t5", "garch_t6", "regime_break")
N_SESSIONS, N_MARKETS, FIRST_ORIGIN = 3530, 31, 901
"""The length of soybean oil's history, the roots of the panel, and what the first served forecast had seen."""
N_PANELS = 36
"""So many panels hold 22,320 non-overlapping half years."""
POINTS = 1.0


class Origins(NamedTuple):
    """Non-overlapping origins of one horizon over many markets; arrays of shape (n,)."""

    outcome: NDArray
    """Log return over the served p90, which p10 mirrors: from -1 to 1 is inside the band."""
    widens: NDArray
    """Whether the market is one of those whose deviation doubles where `regime_break` breaks."""

    def shares(self, width: float = 1.0) -> tuple[float, float, float]:
        """Percent of outcomes below, inside and above a band of `width` times the served one."""
        below, above = 100 * np.mean(self.outcome < -width), 100 * np.mean(self.outcome > width)
        return below, 100 - below - above, above

    def standard_error(self) -> float:
        """Of a coverage of 80 %, in points."""
        return 100 * np.sqrt(0.16 / len(self.outcome))


def simulated_origins(kind: str, n_panels: int, is_calibrated: bool) -> dict[str, Origins]:
    """Every horizon's non-overlapping origins over panels of 31 markets, each panel with shocks of its own,
    the same in all kinds of market.
    """
    found: dict[str, list[Origins]] = {name: [] for name in HORIZONS}
    for panel in range(n_panels):
        rng = np.random.default_rng([panel, 7])
        variances = getattr(simulated_markets, kind)
        histories = root_histories(
            simulated_markets.price_histories(rng, variances, N_SESSIONS, N_MARKETS)
        )
        pooled = {name: pooled_har_variance(histories, h, PARAMS.volatility) for name, h in HORIZONS.items()}
        for place, history in enumerate(histories):
            daily = {name: of_root[place] for name, of_root in pooled.items()}
            widths = volatility.pool_widths(history, HORIZONS, daily, PARAMS.volatility)
            if is_calibrated:
                widths = calibrated_widths(history, widths)
            for name, h in HORIZONS.items():
                at = np.arange(FIRST_ORIGIN - 1, N_SESSIONS - h, h)
                outcome = variance.horizon_return(history.returns, h)[at] / widths[name][at]
                found[name].append(Origins(outcome, np.full(len(at), place % 2 == 0)))
    return {
        name: Origins(*(np.concatenate(parts) for parts in zip(*own, strict=True)))
        for name, own in found.items()
    }


def calibrated_widths(history: History, widths: dict[str, NDArray]) -> dict[str, NDArray]:
    """p90 after the calibration stage, shape (n,) by horizon; NaN before the first origin."""
    frames = [
        pd.DataFrame(
            {
                "as_of_date": history.dates.astype("datetime64[ns]"),
                "horizon": name,
                "session_index": np.arange(1, N_SESSIONS + 1),
                "vol_forecast_log": widths[name] / NORMAL_Z90,
                "target_log": variance.horizon_return(history.returns, h),
            }
        )
        for name, h in HORIZONS.items()
    ]
    targets = pd.concat(frames, ignore_index=True)
    pool = forecast("volatility_pool", targets)[targets["session_index"] >= FIRST_ORIGIN]
    folds = pd.concat([windows(N_SESSIONS, name, h, FIRST_ORIGIN, 252) for name, h in HORIZONS.items()])
    served = calibrate(pool, targets, folds, PARAMS.calibration)
    before = np.full(FIRST_ORIGIN - 1, np.nan)
    return {
        name: np.concatenate([before, own["p90_log"]]) for name, own in served.groupby("horizon", sort=False)
    }
