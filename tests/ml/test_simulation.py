import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import simulation
from ml.params import load_params
from ml.simulation import (
    PRICE_COLUMNS,
    RISK_COLUMNS,
    RISK_LEVELS,
    SIDES,
    anchored_law,
    losses,
    order_position,
    path_seed,
    simulate_block,
    simulate_cell,
    simulate_paths,
    simulate_scenarios,
    tail_risk,
    variance_filter,
)

PARAMS = load_params("standard").simulation
HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
FEW = PARAMS.model_copy(update={"n_paths": 2_000})
WIDTH = np.array([-0.04, 0.0, 0.045])


def market_returns(n=900, seed=0):
    rng = np.random.default_rng(seed)
    volatility = 0.014 * np.exp(0.4 * np.sin(np.arange(n) / 60))
    skewed = rng.standard_t(5, size=n) + 0.35 * (rng.exponential(size=n) - 1)
    return volatility * skewed / 1.3


def inputs(n=900, n_dates=80):
    """Calibrated quantiles of the last sessions, sessions and bars, as the dbt model reads them."""
    dates = pd.bdate_range("2012-01-02", periods=n)
    returns = market_returns(n)
    returns[0] = np.nan
    close = 45 * np.exp(np.nancumsum(returns))
    edition = pd.Timestamp("1970-01-01")
    bars = pd.DataFrame({"edition_at": edition, "trade_date": dates, "return_log": returns})
    sessions = pd.DataFrame({"as_of_date": dates, "close_cents_per_lb": close, "zl_edition_at": edition})
    rows = []
    for i, date in enumerate(dates[-n_dates:]):
        for horizon, h in HORIZONS.items():
            width = 0.018 * np.sqrt(h) * (1 + 0.1 * np.sin(i))
            rows.append((date, horizon, -width, 0.001, 1.1 * width))
    calibrated = pd.DataFrame(rows, columns=["as_of_date", "horizon", "p10_log", "p50_log", "p90_log"])
    return calibrated, sessions, bars


def value_at_risk(sorted_losses, level: float) -> float:
    """VaR: smallest l with P(loss <= l) >= level. `sorted_losses` ascending, any unit, positive = loss."""
    return float(sorted_losses[order_position(len(sorted_losses), level)])


def conditional_value_at_risk(sorted_losses, level: float) -> float:
    """CVaR: mean of the worst 1 - level of the mass, splitting the atom at VaR; never below VaR.

    Rockafellar and Uryasev, "Conditional value-at-risk for general loss distributions" (2002):
    VaR + E[(loss - VaR)+] / (1 - level).
    """
    place = order_position(len(sorted_losses), level)
    excess = sorted_losses[place:] - sorted_losses[place]
    return float(sorted_losses[place] + excess.sum() / (len(sorted_losses) * (1 - level)))


@pytest.fixture(autouse=True)
def _fits_here(monkeypatch):
    """Blocks are computed in this process: the store and its children have tests of their own."""
    monkeypatch.setattr(
        simulation, "run_fits", lambda tasks, label: [task.function(**task.arguments) for task in tasks]
    )


def test_var_and_cvar_of_the_worked_example():
    sample = np.array([-3.0, -2, -1, 0, 1, 2, 3, 4, 5, 9])
    assert value_at_risk(sample, 0.8) == 4
    assert conditional_value_at_risk(sample, 0.8) == pytest.approx(7)


def test_cvar_splits_the_atom_at_var():
    sample = np.array([0.0, 0, 0, 10])  # worst 30 %: 25 % at 10, 5 % at 0
    assert value_at_risk(sample, 0.7) == 0
    assert conditional_value_at_risk(sample, 0.7) == pytest.approx(10 * 0.25 / 0.3)


def test_losses_of_the_worked_example():
    holder = losses("holder", 50.0, 50 * np.exp(np.array([-0.08])))[0]
    buyer = losses("buyer", 50.0, 50 * np.exp(np.array([0.10])))[0]
    assert (round(holder, 3), round(600 * holder, 2)) == (3.844, 2306.51)
    assert (round(buyer, 3), round(600 * buyer, 2)) == (5.259, 3155.13)
    with pytest.raises(ValueError, match="expected one of holder, buyer"):
        losses("seller", 50.0, np.array([50.0]))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(-30, 30), min_size=1, max_size=60), st.sampled_from([0.5, 0.8, 0.95, 0.99]))
def test_var_is_the_smallest_covering_loss_and_cvar_the_mean_beyond(values, level):
    sample = np.sort(np.array(values, dtype=float))
    n = len(sample)
    var = value_at_risk(sample, level)
    assert (sample <= var).mean() >= level - 1e-12
    assert (sample < var).mean() < level
    left, total = (1 - level) * n, 0.0  # take the worst losses until 1 - level of the mass is used up
    for loss in sample[::-1]:
        total += min(1.0, left) * loss
        left -= min(1.0, left)
    assert conditional_value_at_risk(sample, level) == pytest.approx(total / ((1 - level) * n), abs=1e-9)
    assert conditional_value_at_risk(sample, level) >= var - 1e-12


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000), st.floats(-0.3, 0.3), st.floats(0, 0.5), st.floats(0, 0.5), st.integers(60, 400)
)
def test_map_is_monotone_and_exact_at_10_50_90(seed, median, below, above, n):
    ends = np.sort(np.random.default_rng(seed).standard_t(4, size=n))
    quantiles = np.array([median - below, median, median + above])
    law = anchored_law(ends, quantiles)
    assert (np.diff(law) >= 0).all()
    assert [law[order_position(n, level)] for level in (0.1, 0.5, 0.9)] == list(quantiles)


def test_tails_keep_their_shape():
    ends = np.sort(np.random.default_rng(0).standard_t(4, size=5_000))
    law = anchored_law(ends, WIDTH)
    low, mid, high = (order_position(5_000, level) for level in (0.1, 0.5, 0.9))
    reach = (ends[high:] - ends[mid]) / (ends[high] - ends[mid])
    np.testing.assert_allclose((law[high:] - law[mid]) / (law[high] - law[mid]), reach, rtol=1e-9)
    reach = (ends[: low + 1] - ends[mid]) / (ends[low] - ends[mid])
    np.testing.assert_allclose((law[: low + 1] - law[mid]) / (law[low] - law[mid]), reach, rtol=1e-9)
    # not the normal drawn through 10 and 90 %: 2.33 / 1.28 = 1.82 times as far at 99 %
    assert law[order_position(5_000, 0.99)] / WIDTH[2] > 2


def test_filter_equals_its_slow_definition_and_looks_at_nothing_later():
    returns = market_returns(400)
    known = variance_filter(returns, PARAMS)
    variance = (returns[:60] ** 2).mean()
    for i, r in enumerate(returns[60:]):
        assert known.residuals[i] == pytest.approx(r / np.sqrt(variance), rel=1e-12)
        variance = 0.94 * variance + 0.06 * r * r
        assert known.variance[i] == pytest.approx(variance, rel=1e-12)
    cut = variance_filter(returns[:300], PARAMS)
    for whole, part in zip(known, cut, strict=True):
        np.testing.assert_array_equal(whole[: len(part)], part)


def test_paths_follow_their_recursion():
    """One residual repeated leaves nothing to chance: returns and variances are known in closed form."""
    params = PARAMS.model_copy(update={"variance_reversion": 0.1})
    ends = simulate_paths(np.full(300, 2.0), 1e-4, 4e-4, 3, np.random.default_rng(0), params)
    variance, total = 1e-4, 0.0
    for _ in range(3):
        total += 2.0 * np.sqrt(variance)
        variance = 0.9 * variance * (0.94 + 0.06 * 4) + 0.1 * 4e-4
    np.testing.assert_allclose(ends, total, rtol=1e-12)


def test_simulated_ends_have_the_spread_and_the_skew_of_the_residuals():
    known = variance_filter(market_returns(3_000), PARAMS)
    many = PARAMS.model_copy(update={"n_paths": 100_000})
    rng = np.random.default_rng(1)
    ends = simulate_paths(known.residuals, 1e-4, 1e-4, 5, rng, many)
    square = (known.residuals**2).mean()
    assert ends.std() == pytest.approx(0.01 * np.sqrt(5 * square), rel=0.03)
    assert ends.mean() == pytest.approx(5 * 0.01 * known.residuals.mean(), abs=4 * ends.std() / np.sqrt(1e5))
    assert pd.Series(ends).skew() > 0.1  # not symmetrised
    assert pd.Series(ends).kurt() > 0.5  # not normal


def test_seeds_depend_on_the_cell_alone():
    assert path_seed("2024-06-28", "1w") == path_seed("2024-06-28", "1w")
    seeds = {path_seed(f"2024-06-{day:02d}", horizon) for day in range(1, 31) for horizon in HORIZONS}
    assert len(seeds) == 120


def test_a_cell_is_the_same_alone_in_a_block_and_in_any_order():
    returns = market_returns(700)
    dates, horizons = ["2014-01-02", "2014-01-03", "2014-01-06"], ["6m", "1w", "1m"]
    sessions, close = np.array([126, 5, 21]), np.array([40.0, 41.0, 42.0])
    quantiles, n_known = np.outer([3, 1, 2], WIDTH), np.array([640, 641, 642])
    block = simulate_block(dates, horizons, sessions, close, quantiles, n_known, returns, PARAMS.model_dump())
    for i in range(3):
        known = variance_filter(returns[: n_known[i]], PARAMS)
        cell = simulate_cell(dates[i], horizons[i], sessions[i], close[i], quantiles[i], known, PARAMS)
        np.testing.assert_array_equal(block[i], cell)
    turned = simulate_block(
        dates[::-1], horizons[::-1], sessions[::-1], close[::-1], quantiles[::-1], n_known[::-1], returns,
        PARAMS.model_dump(),
    )  # fmt: skip
    np.testing.assert_array_equal(turned[::-1], block)


def test_risk_grows_into_the_tail_and_percentiles_meet_the_calibrated_ones():
    calibrated, sessions, bars = inputs(n_dates=6)
    answer = simulate_scenarios(calibrated, sessions, bars, HORIZONS, PARAMS)
    assert len(answer) == 2 * len(calibrated)
    assert not answer.duplicated(["as_of_date", "horizon", "side"]).any()
    assert (answer["var_95_cents_per_lb"] > 0).all()
    for level in ("95", "99"):
        assert (answer[f"cvar_{level}_cents_per_lb"] >= answer[f"var_{level}_cents_per_lb"]).all()
    assert (answer["var_99_cents_per_lb"] >= answer["var_95_cents_per_lb"]).all()
    assert (answer["cvar_99_cents_per_lb"] >= answer["cvar_95_cents_per_lb"]).all()
    assert (answer[[column for column in RISK_COLUMNS if "_se_" in column]] > 0).all().all()
    assert (answer[PRICE_COLUMNS].diff(axis=1).iloc[:, 1:] >= 0).all().all()
    both = answer.merge(calibrated, on=["as_of_date", "horizon"])
    for name in ("p10", "p50", "p90"):
        price = both["close_cents_per_lb"] * np.exp(both[f"{name}_log"])
        np.testing.assert_array_equal(both[f"{name}_cents_per_lb"], price)
    # VaR is no raw percentile: close less the 5 % price (holder), 95 % price less the close (buyer)
    holder, buyer = (both[both["side"] == side] for side in ("holder", "buyer"))
    above_p05 = holder["close_cents_per_lb"] - holder["p05_cents_per_lb"]
    assert (holder["var_95_cents_per_lb"] - above_p05).abs().max() < 0.05
    np.testing.assert_allclose(
        buyer["var_95_cents_per_lb"], buyer["p95_cents_per_lb"] - buyer["close_cents_per_lb"], rtol=1e-12
    )


@pytest.mark.parametrize("h", [5, 126])
def test_the_risk_of_a_cell_is_var_and_cvar_of_its_losses_by_their_definitions(h):
    """The worked examples speak of the definitions; what is served must be theirs, on both sides."""
    known = variance_filter(market_returns(1_500), FEW)
    close, quantiles = 45.0, np.array([-0.06, 0.01, 0.045])
    cell = simulate_cell("2024-06-28", "1w", h, close, quantiles, known, FEW)
    rng = np.random.Generator(np.random.SFC64(path_seed("2024-06-28", "1w")))
    ends = simulate_paths(known.residuals, known.variance[-1], known.long_run_variance[-1], h, rng, FEW)
    prices = close * np.exp(anchored_law(np.sort(ends), quantiles))
    expected = []
    for side in SIDES:
        suffered = np.sort(losses(side, close, prices))
        for level in RISK_LEVELS:
            expected += [value_at_risk(suffered, level), conditional_value_at_risk(suffered, level)]
    assert cell[len(PRICE_COLUMNS) :: 2] == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("h", [5, 126])
def test_monte_carlo_errors_are_those_of_repeated_draws(h):
    known = variance_filter(market_returns(1_500), FEW)
    cells = np.array([simulate_cell(f"draw {i}", "1w", h, 45.0, WIDTH, known, FEW) for i in range(240)])
    risks = cells[:, len(PRICE_COLUMNS) :]
    drawn, stated = risks[:, ::2].std(axis=0, ddof=1), risks[:, 1::2].mean(axis=0)
    assert (np.abs(stated / drawn - 1) < 0.2).all()


def test_risk_knows_no_return_after_the_close():
    calibrated, sessions, bars = inputs(n_dates=12)
    answer = simulate_scenarios(calibrated, sessions, bars, HORIZONS, PARAMS)
    cut = calibrated["as_of_date"].iloc[20]
    wild = bars.assign(return_log=bars["return_log"].where(bars["trade_date"] <= cut, 0.2))
    again = simulate_scenarios(calibrated, sessions, wild, HORIZONS, PARAMS)
    kept = answer["as_of_date"] <= cut
    pd.testing.assert_frame_equal(answer[kept], again[kept], check_exact=True)
    assert not answer[~kept].equals(again[~kept])


def test_risk_knows_the_return_that_ends_at_the_close():
    calibrated, sessions, bars = inputs(n_dates=1)
    risks = [column for column in RISK_COLUMNS if column.startswith("var_")]
    answer = simulate_scenarios(calibrated, sessions, bars, HORIZONS, PARAMS)
    own = bars["trade_date"] == sessions["as_of_date"].iloc[-1]
    wild = bars.assign(return_log=bars["return_log"].where(~own, 0.2))
    again = simulate_scenarios(calibrated, sessions, wild, HORIZONS, PARAMS)
    assert (answer[risks] != again[risks]).all().all()


def test_a_cut_reproduces_every_bit_whatever_the_order_of_rows():
    calibrated, sessions, bars = inputs()
    calibrated = calibrated[calibrated["horizon"].isin(["1w", "1m"])]  # two quarters, quickly
    answer = simulate_scenarios(calibrated, sessions, bars, HORIZONS, PARAMS)
    cut = calibrated["as_of_date"].iloc[-40]
    parts = [
        calibrated[calibrated["as_of_date"] <= cut],
        sessions[sessions["as_of_date"] <= cut],
        bars[bars["trade_date"] <= cut],
    ]
    shuffled = [frame.sample(frac=1, random_state=2) for frame in parts]
    replayed = simulate_scenarios(*shuffled, HORIZONS, PARAMS)
    expected = answer[answer["as_of_date"] <= cut].reset_index(drop=True)
    pd.testing.assert_frame_equal(replayed, expected, check_exact=True)


def test_each_forecast_sees_the_edition_in_force_at_its_close():
    calibrated, sessions, bars = inputs(n_dates=6)
    revised_at = sessions["as_of_date"].iloc[-3]
    revised = bars.assign(edition_at=revised_at, return_log=bars["return_log"] * 1.5)
    later = sessions["as_of_date"] >= revised_at
    newer = sessions.assign(zl_edition_at=sessions["zl_edition_at"].where(~later, revised_at))
    old = simulate_scenarios(calibrated, sessions, bars, HORIZONS, PARAMS)
    new = simulate_scenarios(calibrated, newer, pd.concat([revised, bars]), HORIZONS, PARAMS)
    kept = old["as_of_date"] < revised_at
    pd.testing.assert_frame_equal(old[kept], new[kept], check_exact=True)


def test_no_forecast_no_risk():
    calibrated, sessions, bars = inputs(n_dates=1)
    assert simulate_scenarios(calibrated.head(0), sessions, bars, HORIZONS, PARAMS).empty


def test_forecasts_that_cannot_be_simulated_are_named():
    calibrated, sessions, bars = inputs(n_dates=2)
    weekend = calibrated.assign(as_of_date=pd.Timestamp("2015-06-13"))
    with pytest.raises(ValueError, match="2015-06-13 1w is no session"):
        simulate_scenarios(weekend.head(1), sessions, bars, HORIZONS, PARAMS)
    with pytest.raises(ValueError, match="knows fewer than 310 ZL returns"):
        simulate_scenarios(calibrated, sessions, bars.tail(200), HORIZONS, PARAMS)
    with pytest.raises(ValueError, match="NULL or cross"):
        simulate_scenarios(calibrated.assign(p10_log=0.5), sessions, bars, HORIZONS, PARAMS)
    with pytest.raises(ValueError, match="two rows"):
        simulate_scenarios(pd.concat([calibrated, calibrated]), sessions, bars, HORIZONS, PARAMS)


def test_the_error_of_cvar_is_that_of_repeated_draws_also_where_the_tail_ends():
    """Where the tail's mean and the anchors err against each other one term of the variance is negative."""
    rng, anchors = np.random.default_rng(3), np.array([-0.05, 0.0, 0.06])
    draws = [np.sort(rng.uniform(-0.05, 0.05, size=10_000)) for _ in range(300)]
    for side in SIDES:
        risks = np.array(
            [tail_risk(side, 50.0, ends, anchored_law(ends, anchors), anchors) for ends in draws]
        )
        cvar_95, stated = risks[:, 2], risks[:, 3]
        assert stated.mean() / cvar_95.std(ddof=1) == pytest.approx(1, abs=0.1)
