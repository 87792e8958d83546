"""On markets whose truth is known, eight outcomes in ten lie between the 10 and 90 % that are forecast.

Origins are a horizon apart, so that no two outcomes share a session; they begin where a market is as old
as soybean oil was at the first served forecast. Forecasts are those of `volatility_pool`, of
`volatility_blend` (all the ensemble has without learners), and what calibration makes of the blend.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
import simulated_markets
from numpy.typing import NDArray
from simulated_walk import windows

from ml import variance, volatility
from ml.calibration import calibrate
from ml.histories import History, root_histories
from ml.log_har import log_har_variance
from ml.params import NORMAL_Z90, load_params
from ml.pooled_har import pooled_har_variance

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
PARAMS = load_params("standard")
POOL, FALLBACK, SERVED = "volatility_pool", PARAMS.ensemble.fallback_model, "calibrated"
N_SESSIONS, N_MARKETS, FIRST_ORIGIN = 3530, 31, 901
"""The length of soybean oil's history, the roots of the panel, and the first session that is forecast."""
N_PANELS = {"1w": 2, "1m": 6, "3m": 16, "6m": 33}
"""Enough for 20,000 non-overlapping origins at every horizon."""
HELD = {("iid_t5", POOL, "3m"): 2.0, ("iid_t5", POOL, "6m"): 2.0, ("garch_t6", POOL, "1w"): 1.6}
"""Points from 80 where it is not one, two standard errors included. The pool's member W cuts 9 % off the
deviation of t(5) returns and gives 2 % back; and a normal band of the true deviation would cover 82 % of
GARCH-t(6) weeks, fat tails having thin shoulders. The blend keeps to the point."""
HELD_AFTER_BREAK = 3.5
"""Of the markets that widen, or narrow, alone: half a year's forecast remembers the old regime."""
N_CALIBRATED = 6
"""Panels that are calibrated: the dear stage, compared with itself left out."""


class Origins(NamedTuple):
    """Non-overlapping origins of one horizon over many markets; arrays of shape (n,)."""

    outcome: NDArray
    """Log return over p90, which p10 mirrors: from -1 to 1 is inside the band."""
    widens: NDArray
    """Whether the market is one of those whose deviation doubles where `regime_break` breaks."""

    def shares(self, width: float = 1.0) -> tuple[float, float, float]:
        """Percent of outcomes below, inside and above a band of `width` times the forecast one."""
        below, above = 100 * np.mean(self.outcome < -width), 100 * np.mean(self.outcome > width)
        return below, 100 - below - above, above

    def of(self, widens: bool) -> "Origins":
        chosen = self.widens == widens
        return Origins(self.outcome[chosen], self.widens[chosen])

    def standard_error(self) -> float:
        """Of a coverage of 80 %, in points."""
        return 100 * np.sqrt(0.16 / len(self.outcome))


def simulated_origins(
    kind: str, n_panels: Mapping[str, int], n_calibrated: int
) -> dict[tuple[str, str], Origins]:
    """Origins by forecaster and horizon, over panels of 31 markets.

    Each panel has shocks of its own, the same in all kinds of market.
    """
    found: dict[tuple[str, str], list[Origins]] = {}
    for panel in range(max(n_panels.values())):
        horizons = {name: h for name, h in HORIZONS.items() if panel < n_panels.get(name, 0)}
        bars = simulated_markets.price_histories(
            np.random.default_rng([panel, 7]), getattr(simulated_markets, kind), N_SESSIONS, N_MARKETS
        )
        histories = root_histories(bars)
        for place, widths in enumerate(panel_widths(histories, horizons)):
            history = histories[place]
            if panel < n_calibrated:
                widths[SERVED] = calibrated_widths(history, widths, horizons)
            for model, by_horizon in widths.items():
                for name, h in horizons.items():
                    at = np.arange(FIRST_ORIGIN - 1, N_SESSIONS - h, h)
                    outcome = variance.horizon_return(history.returns, h)[at] / by_horizon[name][at]
                    own = Origins(outcome, np.full(len(at), place % 2 == 0))
                    found.setdefault((model, name), []).append(own)
    return {key: Origins(*map(np.concatenate, zip(*own, strict=True))) for key, own in found.items()}


def panel_widths(
    histories: list[History], horizons: Mapping[str, int]
) -> list[dict[str, dict[str, NDArray]]]:
    """By market: p90 by forecaster and horizon, shape (n,), as `ml.volatility` puts them together."""
    pooled = pooled_har_variance(histories, horizons, PARAMS.volatility)
    logs = log_har_variance(histories, horizons, PARAMS.volatility)
    answers = []
    for place, history in enumerate(histories):
        daily = {name: of[place] for name, of in pooled.items()}
        pool = volatility.pool_widths(history, horizons, daily, PARAMS.volatility)
        blend = volatility.blend_widths(pool, horizons, {name: of[place] for name, of in logs.items()})
        answers.append({POOL: pool, "volatility_blend": blend})
    return answers


def calibrated_widths(
    history: History, widths: Mapping[str, Mapping[str, NDArray]], horizons: Mapping[str, int]
) -> dict[str, NDArray]:
    """The fallback's p90 after the calibration stage, shape (n,) by horizon; NaN before the first origin."""
    frames = [
        pd.DataFrame(
            {
                "as_of_date": history.dates.astype("datetime64[ns]"),
                "horizon": name,
                "session_index": np.arange(1, N_SESSIONS + 1),
                "vol_forecast_log": widths[POOL][name] / NORMAL_Z90,
                "target_log": variance.horizon_return(history.returns, h),
                "p90_log": widths[FALLBACK][name],
            }
        )
        for name, h in horizons.items()
    ]
    targets = pd.concat(frames, ignore_index=True)
    rows = targets[targets["session_index"] >= FIRST_ORIGIN].assign(p50_log=0.0)
    rows["p10_log"] = -rows["p90_log"]
    folds = pd.concat([windows(N_SESSIONS, name, h, FIRST_ORIGIN, 252) for name, h in horizons.items()])
    served = calibrate(rows.drop(columns="target_log"), targets, folds, PARAMS.calibration)
    before = np.full(FIRST_ORIGIN - 1, np.nan)
    return {
        name: np.concatenate([before, own["p90_log"]]) for name, own in served.groupby("horizon", sort=False)
    }


def points_off(origins: Origins, width: float = 1.0) -> float:
    """Coverage less 80, in points."""
    return float(origins.shares(width)[1] - 80)


@pytest.mark.parametrize("kind", ["iid_normal", "garch_t6"])
def test_a_week_is_covered_and_a_width_wrong_by_a_fourteenth_is_seen(kind):
    week = simulated_origins(kind, {"1w": 2}, n_calibrated=0)[FALLBACK, "1w"]
    assert len(week.outcome) >= 20_000
    assert abs(points_off(week)) <= 1
    assert points_off(week, 1.07) > 1 and points_off(week, 0.93) < -1


def test_ranges_tell_the_variance_of_returns_without_bias():
    bars = simulated_markets.price_histories(np.random.default_rng(5), simulated_markets.iid_t5, 3530, 31)
    ratio = [np.nanmean(root.ranges) / np.nanmean(root.returns**2) for root in root_histories(bars)]
    assert np.mean(ratio) == pytest.approx(1, abs=0.02)
    assert (bars["low"] <= bars[["open", "close"]].min(axis=1) * (1 + 1e-12)).all()
    assert (bars["high"] >= bars[["open", "close"]].max(axis=1) * (1 - 1e-12)).all()


@pytest.mark.proof
@pytest.mark.parametrize("kind", ["iid_normal", "iid_t5", "garch_t6", "regime_break"])
def test_every_horizon_is_covered_within_a_point_on_both_sides_alike(kind):
    found = simulated_origins(kind, N_PANELS, N_CALIBRATED)
    for (model, horizon), origins in found.items():
        below, inside, above = origins.shares()
        print(f"{kind} {model} {horizon}: {below:.2f} / {inside:.2f} / {above:.2f}, n {len(origins.outcome)}")
    for (model, horizon), origins in found.items():
        below, inside, above = origins.shares()
        error = origins.standard_error()
        # What is calibrated on fewer panels than 20,000 origins need is held to a point and two errors.
        is_whole = len(origins.outcome) >= 20_000
        assert is_whole or model == SERVED
        held = HELD.get((kind, model, horizon), 1.0)
        assert abs(inside - 80) <= held + (0 if is_whole else 2 * error), (model, horizon)
        assert abs(below - above) <= 4 * error, (model, horizon)
        if kind == "regime_break":
            sides = [points_off(origins.of(widens)) for widens in (True, False)]
            assert max(map(abs, sides)) <= HELD_AFTER_BREAK, (model, horizon)
