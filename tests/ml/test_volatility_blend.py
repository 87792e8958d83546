"""The volatility blend: recomputed by other means, on simulated truth, and blind to what comes."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from simulated_bars import history_of, simulated_bars

from ml import histories, variance, volatility
from ml.log_har import log_har_variance
from ml.params import NORMAL_Z90, load_params

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
PARAMS = load_params("quick").volatility
BARS = simulated_bars()


def regression_rows(root: pd.DataFrame, sessions: int, anchor: pd.Timestamp) -> pd.DataFrame:
    """Regressors, outcome and excess of every session of one root, from its prices; and what was matured."""
    gap = np.log(root["open"] / root["previous_close"]).fillna(0.0)
    ranges = np.log(root["high"] / root["low"]) ** 2 / (4 * math.log(2)) + gap**2
    ranges = ranges.clip(lower=PARAMS.range_floor_frac * ranges.expanding().mean())
    long_run = np.log(ranges.expanding().mean())
    rows = pd.DataFrame({"one": 1.0}, index=root["trade_date"])
    for lag in PARAMS.pooled_lags:
        rows[f"last_{lag}"] = (np.log(ranges).rolling(lag).mean() - long_run).to_numpy()
    coming = np.log(ranges).rolling(sessions).mean().shift(-sessions)
    rows["outcome"] = (coming - long_run).to_numpy()
    rows["excess"] = (np.log(ranges.rolling(sessions).mean().shift(-sessions)) - coming).to_numpy()
    ends_on = root["trade_date"].shift(-sessions)
    return rows.assign(matured=(ends_on < anchor).to_numpy())


@pytest.mark.parametrize(
    ("symbol", "day", "horizon"), [("AA", "2017-12-20", "1w"), ("CC", "2018-01-17", "1m")]
)
def test_a_row_is_the_geometric_mean_of_the_pool_and_a_weighted_regression_on_prices(symbol, day, horizon):
    """Partial pooling as least squares on stacked rows: the root's own, and the panel's at a small weight."""
    sessions, today = HORIZONS[horizon], pd.Timestamp(day)
    anchor = pd.Timestamp(today.year, 3 * ((today.month - 1) // 3) + 1, 1)
    panel = {
        name: regression_rows(root.reset_index(drop=True), sessions, anchor)
        for name, root in BARS.groupby("symbol")
    }
    every = pd.concat(rows[rows["matured"]] for rows in panel.values())
    known = every.dropna()
    own = panel[symbol][panel[symbol]["matured"]].dropna()
    weight = math.sqrt(PARAMS.own_root_prior_windows * sessions / len(known))
    regressors = ["one", *(f"last_{lag}" for lag in PARAMS.pooled_lags)]
    stacked = np.vstack([own[regressors].to_numpy(), weight * known[regressors].to_numpy()])
    outcome = np.concatenate([own["outcome"], weight * known["outcome"]])
    coefficients = np.linalg.lstsq(stacked, outcome, rcond=None)[0]
    line = float(panel[symbol].loc[today, regressors].to_numpy(dtype=float) @ coefficients)
    returns = BARS[(BARS["symbol"] == symbol) & (BARS["trade_date"] <= today)]["return_log"]
    daily = math.exp(line + every["excess"].mean()) * (returns**2).mean()

    found = volatility.benchmark_forecasts(
        BARS,
        {horizon: sessions},
        PARAMS,
        lambda tasks, label: [np.full((len(task.arguments["returns"]), 4), np.nan) for task in tasks],
    )
    found = found[(found["symbol"] == symbol) & (pd.to_datetime(found["as_of_date"]) == today)]
    width = found.set_index("model_name")["p90_log"]
    expected = math.sqrt(width["volatility_pool"] * NORMAL_Z90 * math.sqrt(sessions * daily))
    assert width["volatility_blend"] == pytest.approx(expected, rel=1e-9)
    assert width["volatility_blend"] != pytest.approx(width["volatility_pool"], rel=1e-3)


def test_before_the_regression_begins_the_blend_is_the_pool():
    pool = {"1w": np.array([np.nan, 0.04, 0.04])}
    found = volatility.blend_widths(pool, {"1w": 5}, {"1w": np.array([np.nan, np.nan, 4e-4])})["1w"]
    assert np.isnan(found[0]) and found[1] == 0.04
    assert found[2] == pytest.approx(math.sqrt(0.04 * NORMAL_Z90 * math.sqrt(5) * 0.02))


def test_constant_volatility_is_given_back():
    rng = np.random.default_rng(11)
    returns = rng.normal(0, 0.01, 2600)
    history = history_of(returns, 1e-4 * rng.gamma(4.0, 0.25, 2600))
    for sessions in HORIZONS.values():
        found = log_har_variance([history], {"h": sessions}, PARAMS)["h"][0]
        assert np.mean(np.sqrt(found[1200:])) == pytest.approx(0.01, rel=0.04)


def test_twice_the_returns_are_four_times_the_variance():
    roots = histories.root_histories(BARS)
    doubled = [replace(root, returns=2 * root.returns, ranges=4 * root.ranges) for root in roots]
    once, twice = (log_har_variance(of, {"h": 21}, PARAMS)["h"] for of in (roots, doubled))
    for before, after in zip(once, twice, strict=True):
        np.testing.assert_allclose(after, 4 * before, rtol=1e-9)


def reverting_root(symbol: str, persistence: float, rng: np.random.Generator) -> histories.History:
    """1,500 sessions whose log variance is an AR(1) of a given persistence and the same spread."""
    log_variance = np.zeros(1500)
    for session in range(1, 1500):
        shock = rng.normal(0, 0.6 * math.sqrt(1 - persistence**2))
        log_variance[session] = persistence * log_variance[session - 1] + shock
    daily = 1e-4 * np.exp(log_variance)
    returns = np.sqrt(daily) * rng.normal(size=1500)
    return replace(history_of(returns, daily * rng.gamma(8.0, 1 / 8, 1500)), symbol=symbol)


def test_a_root_keeps_its_own_pace_as_far_as_its_windows_allow():
    """Two roots revert in days, ten in months: how far the two differ from the ten shrinks with the prior."""
    rng = np.random.default_rng(12)
    quick, slow = 0.7, 0.985
    panel = [reverting_root(f"R{place:02}", quick if place < 2 else slow, rng) for place in range(12)]
    errors = {}
    for prior in (1, 60, 100_000):
        params = PARAMS.model_copy(update={"own_root_prior_windows": prior})
        found = log_har_variance(panel, {"h": 5}, params)["h"]
        errors[prior] = [
            float(
                np.mean(
                    np.abs(
                        np.log(daily[1000:1400])
                        - np.log(variance.ahead(variance.trailing_mean(root.ranges, 5), 5)[1000:1400])
                    )
                )
            )
            for daily, root in zip(found, panel, strict=True)
        ]
    own_pace, shrunk, panels_pace = (np.mean(errors[prior][:2]) for prior in (1, 60, 100_000))
    assert own_pace < panels_pace
    assert shrunk - own_pace < 0.5 * (panels_pace - own_pace)


@given(n_kept=st.integers(400, 759), sessions=st.sampled_from([5, 21, 126]))
@settings(max_examples=25, deadline=None, derandomize=True)
def test_a_cut_anywhere_leaves_every_earlier_row_with_the_same_bits(n_kept, sessions):
    roots = histories.root_histories(BARS)
    last = np.sort(BARS["trade_date"].unique())[n_kept]
    cut = histories.root_histories(BARS[BARS["trade_date"] <= last])
    whole = log_har_variance(roots, {"h": sessions}, PARAMS)["h"]
    for root, found in zip(cut, log_har_variance(cut, {"h": sessions}, PARAMS)["h"], strict=True):
        expected = whole[[of.symbol for of in roots].index(root.symbol)][: len(found)]
        assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("sessions", [5, 126])
def test_no_window_that_ends_in_the_block_sets_its_level(sessions):
    """Log means less mean logs are purged as the regression is; the last row before the purge does count."""
    rng = np.random.default_rng(6)
    returns = rng.normal(0, 0.01, 700)
    calm = history_of(returns, returns**2 + 1e-4)
    fold = histories.blocks(calm.dates, PARAMS.refit_months)[-1]
    first = slice(fold.start, fold.start + 1)
    after, before = (
        replace(calm, ranges=np.where(np.arange(700) == session, 1.0, calm.ranges))
        for session in (fold.start + 1, fold.start - 1)
    )
    expected = log_har_variance([calm], {"h": sessions}, PARAMS)["h"][0][first]
    assert np.isfinite(expected).all()
    assert log_har_variance([after], {"h": sessions}, PARAMS)["h"][0][first].tobytes() == expected.tobytes()
    assert log_har_variance([before], {"h": sessions}, PARAMS)["h"][0][first] != expected
