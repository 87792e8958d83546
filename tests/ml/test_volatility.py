"""Volatility benchmarks: hand-made cases, simulated truth, and knowledge that must not leak."""

import math
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from simulated_bars import history_of, simulated_bars

from ml import fhs, garch, garch_variance, histories, variance, volatility
from ml.log_har import log_har_variance
from ml.params import NORMAL_Z90, load_params
from ml.pooled_har import pooled_har_variance

HORIZONS = {"1w": 5, "1m": 21, "3m": 63, "6m": 126}
PARAMS = load_params("quick").volatility
PROJECT = Path(__file__).parents[2]
KEY = ["symbol", "as_of_date", "horizon", "model_name"]


def fits_here(tasks: Sequence, label: str) -> list:
    return [task.function(**task.arguments) for task in tasks]


def no_fits(tasks: Sequence, label: str) -> list:
    return [np.full((len(task.arguments["returns"]), 4), np.nan) for task in tasks]


@pytest.fixture(scope="module")
def bars() -> pd.DataFrame:
    return simulated_bars()


@pytest.fixture(scope="module")
def forecasts(bars) -> pd.DataFrame:
    return plain(volatility.benchmark_forecasts(bars, HORIZONS, PARAMS, fits_here))


def plain(found: pd.DataFrame) -> pd.DataFrame:
    """Names as text: which ones a build could have used besides is its own affair."""
    return found.astype(dict.fromkeys(["symbol", "horizon", "model_name", "fold_id"], str))


def same_bits(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    found, expected = (plain(frame).reset_index(drop=True) for frame in (found, expected))
    pd.testing.assert_frame_equal(found, expected, check_exact=True, check_dtype=True)


# Variance, session by session


def test_ewma_variance_of_the_handbooks_day():
    # s2 1e-4 and a return of 2 % leave 1.18e-4: 1.086 % a day.
    found = variance.ewma_variance(np.array([0.01, 0.02]), 0.94, warm_up=1)
    assert found == pytest.approx([1e-4, 1.18e-4])
    assert math.sqrt(found[1]) == pytest.approx(0.01086, abs=5e-6)


def test_ewma_variance_starts_with_the_mean_square_of_its_warm_up_and_carries_over_a_missing_return():
    found = variance.ewma_variance(np.array([np.nan, 0.01, 0.03, np.nan, 0.0]), 0.94, warm_up=2)
    assert np.isnan(found[:2]).all()
    assert found[2:] == pytest.approx([5e-4, 5e-4, 0.94 * 5e-4])


def test_a_winsorised_return_counts_for_at_most_two_and_a_half_deviations():
    found = variance.ewma_variance(np.array([0.01, -0.08, 0.02]), 0.94, warm_up=1, winsor_sd=2.5)
    after_shock = 0.94e-4 + 0.06 * 6.25e-4
    assert found == pytest.approx([1e-4, after_shock, 0.94 * after_shock + 0.06 * 4e-4])


def test_range_variance_of_the_handbooks_day_and_its_gap():
    prices = (np.array([50.0, 50.0]), np.array([51.0, 51.0]), np.array([49.0, 49.0]))
    found = variance.range_variance(*prices, np.array([np.nan, 49.5]))
    assert math.sqrt(found[0]) == pytest.approx(0.02403, abs=5e-6)  # a roll or a first session has no gap
    assert found[1] - found[0] == pytest.approx(math.log(50 / 49.5) ** 2)


def test_a_price_that_is_not_positive_has_no_range_variance():
    minus = variance.range_variance(
        np.array([1.0, 1.0]), np.array([2.0, 2.0]), np.array([-1.0, 1.0]), np.array([1.0, -37.63])
    )
    assert np.isnan(minus).all()


def test_means_leave_gaps_out_and_wait_for_their_window():
    values = np.array([2.0, np.nan, 4.0, 6.0])
    assert variance.expanding_mean(values) == pytest.approx([2.0, 2.0, 3.0, 4.0])
    assert variance.trailing_mean(values, 2) == pytest.approx([np.nan, 2.0, 4.0, 5.0], nan_ok=True)
    assert variance.trailing_mean(values, 1) == pytest.approx([2.0, np.nan, 4.0, 6.0], nan_ok=True)


def test_a_horizon_return_is_the_sum_of_the_next_returns_and_is_never_filled():
    found = variance.horizon_return(np.array([0.5, 1.0, 2.0, np.nan, 8.0, 16.0, 32.0]), 2)
    assert found == pytest.approx([3.0, np.nan, np.nan, 24.0, 48.0, np.nan, np.nan], nan_ok=True)
    assert np.isnan(variance.horizon_return(np.ones(5), 5)).all()


def test_least_squares_of_summed_moments_is_numpys_on_the_rows_before_each_end():
    rng = np.random.default_rng(4)
    design, outcome, later = rng.normal(size=(300, 3)), rng.normal(size=300), rng.normal(size=300)
    design[10, 1] = outcome[20] = later[120] = np.nan
    sums = variance.RunningSums(design)
    moments = sums.moments_before(outcome, [-5, 100, 300])
    assert moments[:, 0, 0].tolist() == [0, 98, 298]
    assert sums.moments_before(later, [-5, 100, 120])[:, 0, 0].tolist() == [0, 99, 119]
    alone = variance.RunningSums(design[:120]).moments_before(later[:120], [-5, 100, 120])
    assert sums.moments_before(later, [-5, 100, 120]).tobytes() == alone.tobytes()
    for end, moment in ((100, moments[1]), (300, moments[2])):
        keep = ~np.isnan(design[:end]).any(axis=1) & ~np.isnan(outcome[:end])
        rows = np.column_stack([np.ones(end), design[:end]])[keep]
        expected = np.linalg.lstsq(rows, outcome[:end][keep], rcond=None)[0]
        found = variance.least_squares(moment)
        assert found == pytest.approx(expected)
        assert variance.fitted(design[:end], found)[keep] == pytest.approx(rows @ expected)


def test_a_root_that_begins_at_one_price_or_falls_below_zero_is_forecast_and_so_are_the_others(bars):
    prices = ["open", "high", "low", "close", "previous_close"]
    rows = bars.index[bars["symbol"] == "AA"]
    odd = bars.copy()
    odd.loc[rows[:2], prices] = 50.0
    odd.loc[rows[:2], "return_log"] = [np.nan, 0.0]
    odd.loc[rows[400:404], ["low", "close"]] = -1.0
    odd.loc[rows[400:405], "return_log"] = np.nan
    horizons, params = {"1w": 5, "1m": 21}, PARAMS
    found = log_har_variance(histories.root_histories(odd), horizons, params)
    usual = log_har_variance(histories.root_histories(bars), horizons, params)
    for name in horizons:
        for mine, before in zip(found[name], usual[name], strict=True):
            answered = np.isfinite(before)
            assert np.isfinite(mine).sum() >= answered.sum() - 10
    assert np.isfinite(pooled_har_variance(histories.root_histories(odd), horizons, params)["1w"][0][-1])


# GJR-GARCH


def test_gjr_finds_the_coefficients_it_was_simulated_with():
    truth = garch.Gjr(omega=4e-6, alpha=0.04, gamma=0.08, beta=0.9)
    rng = np.random.default_rng(5)
    returns, current = np.zeros(6000), 2e-4
    for session, shock in enumerate(rng.standard_t(7, size=6000) * math.sqrt(5 / 7)):
        returns[session] = math.sqrt(current) * shock
        bad_news = truth.gamma * (shock < 0)
        current = truth.omega + (truth.alpha + bad_news) * returns[session] ** 2 + truth.beta * current
    found = garch.Gjr(*garch.fit_gjr([returns])[0])
    assert found.persistence == pytest.approx(truth.persistence, abs=0.015)
    assert found.gamma == pytest.approx(truth.gamma, abs=0.03)
    assert found.omega == pytest.approx(truth.omega, rel=0.5)
    assert garch.fit_gjr([returns]).tobytes() == garch.fit_gjr([returns]).tobytes()


def test_gjr_variance_answers_more_to_bad_news():
    gjr = garch.Gjr(1e-6, 0.05, 0.1, 0.9)
    up, down = (garch_variance.gjr_variances(np.array([sign * 0.02]), [gjr], 1e-4)[0, 0] for sign in (1, -1))
    assert up == pytest.approx(1e-6 + 0.05 * 4e-4 + 0.9e-4)
    assert down - up == pytest.approx(0.1 * 4e-4)


def test_one_walk_for_many_fits_is_each_fits_own_recursion_to_the_last_bit():
    rng = np.random.default_rng(13)
    returns = rng.normal(0, 0.01, 2 * garch_variance.STRETCH + 100)
    returns[[0, 7, 8, garch_variance.STRETCH, -1]] = np.nan
    fits = [
        garch.Gjr(*row) for row in rng.uniform([1e-6, 0, 0, 0.8], [1e-5, 0.1, 0.1, 0.95], (9, 4)).tolist()
    ]
    for gjr, found in zip(fits, garch_variance.gjr_variances(returns, fits, 1e-4), strict=True):
        current, expected = 1e-4, []
        for value in returns.tolist():
            if not math.isnan(value):
                slope = gjr.alpha + gjr.gamma if value < 0 else gjr.alpha
                current = gjr.omega + slope * value * value + gjr.beta * current
            expected.append(current)
        assert found.tolist() == expected


def test_horizon_variance_is_the_sum_of_the_expected_daily_variances():
    gjr = garch.Gjr(2e-6, 0.05, 0.06, 0.9)
    step, total = 3e-4, 0.0
    for _ in range(63):
        total += step
        step = gjr.omega + gjr.persistence * step
    terms = garch_variance.horizon_terms(gjr, 63)
    assert garch_variance.horizon_variance(np.array([3e-4]), *terms) == pytest.approx([total])


def test_an_explosive_fit_still_has_a_finite_horizon():
    terms = garch_variance.horizon_terms(garch.Gjr(1e-6, 0.1, 0.1, 0.9), 126)
    assert np.isfinite(garch_variance.horizon_variance(np.array([1e-4]), *terms)).all()


# Blocks, purge, editions


def test_blocks_begin_at_fixed_dates_and_a_new_day_moves_none():
    dates = pd.bdate_range("2023-11-20", "2024-07-03").to_numpy().astype("datetime64[D]")
    found = histories.blocks(dates, 3)
    assert [block.fold_id for block in found] == ["2023-10-01", "2024-01-01", "2024-04-01", "2024-07-01"]
    assert [str(dates[block.start]) for block in found] == [
        "2023-11-20",
        "2024-01-01",
        "2024-04-01",
        "2024-07-01",
    ]
    assert histories.blocks(dates[:-1], 3)[:-1] == found[:-1]
    assert found[-1].stop == len(dates)


def test_a_simulated_return_that_ends_in_the_block_does_not_size_it():
    # x x x . . y: the return of row start - h ends at the block's first session, that of the row before not
    realised = np.linspace(-1, 1, 400)
    fold = histories.Block("2024-01-01", 350, 360)

    def width(of: np.ndarray) -> np.ndarray:
        found = fhs.symmetric_width(
            of, [fold], 21, lambda fit, end: np.abs(of[:end]), lambda fits, rows: np.ones(len(rows)), PARAMS
        )
        assert np.isfinite(found).nonzero()[0].tolist() == list(range(350, 360))
        return found[350:360]

    expected = width(realised)
    purged, trained = realised.copy(), realised.copy()
    purged[350 - 21 :] = 99.0
    trained[350 - 21 - 1] = 99.0
    assert width(purged).tobytes() == expected.tobytes()
    assert (width(trained) > expected).all()


@pytest.mark.parametrize("unit", [1e-3, 1.0, 1e3])
def test_a_width_found_near_the_last_one_is_the_quantile_of_all_sizes(unit):
    """Whatever the sizes' unit, and where they jump between two fits: what is near decides time only."""
    rng = np.random.default_rng(14)
    realised = rng.standard_t(4, 2000)
    realised[rng.random(2000) < 0.05] = np.nan
    realised[[300, 301, 302]] = 0.0
    folds = [histories.Block(str(start), start, start + 60) for start in range(100, 1940, 60)]
    deviation = unit * np.exp(rng.normal(0, 0.4, (len(folds), 2000))) * rng.choice([1, 9], (len(folds), 1))
    found = fhs.symmetric_width(
        realised,
        folds,
        21,
        lambda fit, end: np.abs(realised[:end]) / deviation[fit, :end],
        lambda fits, rows: deviation[fits, rows],
        PARAMS,
    )
    assert np.isnan(found[:340]).all() and np.isfinite(found[400:1940]).all()
    for fit, fold in enumerate(folds):
        sizes = np.abs(realised[: fold.start - 21]) / deviation[fit, : fold.start - 21]
        sizes = sizes[~np.isnan(sizes)]
        if len(sizes) >= PARAMS.fhs_min_sessions:
            expected = np.quantile(sizes, 0.8) * deviation[fit, fold.start : fold.stop]
            assert found[fold.start : fold.stop].tobytes() == expected.tobytes()


@pytest.mark.parametrize("sessions", [5, 126])
def test_regressions_do_not_see_a_range_inside_the_block(sessions):
    rng = np.random.default_rng(6)
    returns = rng.normal(0, 0.01, 700)
    fold = histories.blocks(history_of(returns).dates, 3)[-1]
    calm = history_of(returns, returns**2 + 1e-4)
    wild = replace(calm, ranges=np.where(np.arange(700) > fold.start, 1.0, calm.ranges))
    for widths in (
        lambda history: volatility.har_fhs_widths(history, {"h": sessions}, PARAMS)["h"],
        lambda history: pooled_har_variance([history], {"h": sessions}, PARAMS)["h"][0],
        lambda history: log_har_variance([history], {"h": sessions}, PARAMS)["h"][0],
    ):
        first = slice(fold.start, fold.start + 1)
        assert np.isfinite(widths(calm)[first]).all()
        assert widths(calm)[first].tobytes() == widths(wild)[first].tobytes()
        last_trained = replace(calm, ranges=np.where(np.arange(700) == fold.start - 1, 1.0, calm.ranges))
        assert widths(calm)[first] != widths(last_trained)[first]


@pytest.mark.parametrize("n_left_out", [1, 37, 133])
def test_a_cut_leaves_every_earlier_forecast_of_every_root_with_the_same_bits(bars, forecasts, n_left_out):
    last = np.sort(bars["trade_date"].unique())[-1 - n_left_out]
    cut = volatility.benchmark_forecasts(bars[bars["trade_date"] <= last], HORIZONS, PARAMS, fits_here)
    same_bits(cut, forecasts[pd.to_datetime(forecasts["as_of_date"]) <= last])
    assert set(cut["model_name"]) == set(volatility.MODELS)
    assert pd.to_datetime(cut["as_of_date"]).max() == last


def test_a_morning_without_the_metals_close_gives_the_same_forecast_of_the_others(bars, forecasts):
    # At the grain close the bars of that session are not yet in for other exchanges.
    last = bars["trade_date"].max()
    early = bars[(bars["trade_date"] < last) | (bars["symbol"] == "AA")]
    found = volatility.benchmark_forecasts(early, HORIZONS, PARAMS, fits_here)
    same_bits(found[found["symbol"] == "AA"], forecasts[forecasts["symbol"] == "AA"])


def test_a_revision_changes_no_forecast_made_before_it_was_known(bars, forecasts):
    known_at = pd.Timestamp("2017-11-15 06:00")
    revised = bars[bars["symbol"] == "BB"].copy()
    corrected = revised["trade_date"] == pd.Timestamp("2017-03-01")
    revised.loc[corrected, ["high", "low"]] *= [1.1, 0.9]
    revised.loc[corrected, "return_log"] += 0.1
    both = pd.concat([bars, revised.assign(edition_at=known_at)], ignore_index=True)
    found = volatility.benchmark_forecasts(both, HORIZONS, PARAMS, fits_here)
    always = pd.concat([bars[bars["symbol"] != "BB"], revised], ignore_index=True)
    afterwards = volatility.benchmark_forecasts(always, HORIZONS, PARAMS, fits_here)

    before = pd.to_datetime(forecasts["as_of_date"]) + pd.Timedelta(hours=19) < known_at
    same_bits(found[before.to_numpy()], forecasts[before])
    same_bits(found[~before.to_numpy()], afterwards[~before.to_numpy()])
    others = ~before & (forecasts["symbol"] == "AA") & (forecasts["model_name"] == "volatility_pool")
    assert (found.loc[others, "p90_log"] != forecasts.loc[others, "p90_log"]).any()  # pooled: it moves AA too


# The benchmarks


def test_an_optimiser_that_gave_up_has_no_coefficients():
    """What it gives is finite: returns that are nearly all zero end so."""
    rng = np.random.default_rng(0)
    seldom = rng.standard_normal(800) * 0.01 * (rng.random(800) < 0.05)
    usual = rng.standard_normal(800) * 0.01
    found = garch.fit_gjr([seldom, usual])
    assert np.isnan(found[0]).all() and np.isfinite(found[1]).all()


def test_a_fit_that_did_not_converge_leaves_the_coefficients_before_it_in_force(bars):
    """Every second fit of every root fails: no session loses its forecast, no later fit is used."""
    asked = []

    def every_second_fails(tasks: Sequence, label: str) -> list:
        asked.extend(tasks)
        answers = []
        for number, task in enumerate(tasks):
            answers.append(np.full((len(task.arguments["returns"]), 4), 1.0 + number))
            if number % 2:
                answers[-1][:] = np.nan
        return answers

    fits = volatility.gjr_fits(histories.root_histories(bars, ()), PARAMS, every_second_fails)
    longest = max(fits, key=len)
    assert len(asked) >= 2 and len(longest) == len(asked), (len(asked), len(longest))
    assert [row[0] for row in longest.values()] == [1.0 + number - number % 2 for number in range(len(asked))]


def test_climatology_is_the_quantile_of_the_newest_matured_returns(bars):
    returns = bars.loc[bars["symbol"] == "AA", "return_log"].to_numpy()
    params = PARAMS.model_copy(update={"climatology_sessions": 300})
    found = volatility.climatology_quantiles(returns, 21, params)
    realised = variance.horizon_return(returns, 21)
    for session in (271, 272, 500, 759):
        matured = realised[: session - 21 + 1][-300:]
        matured = matured[~np.isnan(matured)]
        assert found[session] == pytest.approx(np.quantile(matured, [0.1, 0.5, 0.9]), abs=1e-15)
    assert np.isnan(found[269]).all()  # 249 returns have matured
    assert np.isfinite(found[270]).all()


def test_constant_volatility_is_given_back_by_every_width():
    rng = np.random.default_rng(7)
    returns = rng.normal(0, 0.01, 2600)
    ranges = 1e-4 * rng.gamma(4.0, 0.25, 2600)  # daily range variance with mean 1e-4
    history = history_of(returns, ranges)
    for name, sessions in HORIZONS.items():
        truth = NORMAL_Z90 * 0.01 * math.sqrt(sessions)
        pooled = {name: pooled_har_variance([history], {name: sessions}, PARAMS)[name][0]}
        pool = volatility.pool_widths(history, {name: sessions}, pooled, PARAMS)[name]
        assert np.mean(pool[1200:]) == pytest.approx(truth, rel=0.04)
        ewma = volatility.ewma_widths(history, {name: sessions}, PARAMS)[name]
        assert np.mean(ewma[1200:]) == pytest.approx(truth, rel=0.04)
        har = volatility.har_fhs_widths(history, {name: sessions}, PARAMS)[name]
        few_windows = 0.15 if sessions <= 21 else 0.35  # an empirical 90 % point
        assert np.mean(har[1200:]) == pytest.approx(truth, rel=few_windows)


def test_pool_is_the_mean_of_the_members_it_has():
    history = history_of(np.full(200, 0.01))
    none = {"1w": np.full(200, np.nan)}
    some = {"1w": np.where(np.arange(200) < 150, np.nan, 4e-4)}
    without = volatility.pool_widths(history, {"1w": 5}, none, PARAMS)["1w"]
    width = volatility.pool_widths(history, {"1w": 5}, some, PARAMS)["1w"]
    unit = NORMAL_Z90 * math.sqrt(5) * 0.01
    assert np.isnan(width[:59]).all()
    assert width[59:150] == pytest.approx(np.full(91, unit * (1.02 + 1) / 2))
    assert width[150:] == pytest.approx(np.full(50, unit * (1.02 + 1 + 2) / 3))
    assert without[150:] == pytest.approx(width[149])


def test_twice_the_returns_are_twice_the_widths(bars):
    rows = bars[bars["symbol"] == "AA"]
    history = histories.root_histories(rows)[0]
    doubled = replace(history, returns=2 * history.returns, ranges=4 * history.ranges)
    pooled, pooled_twice = (
        {name: daily[0] for name, daily in pooled_har_variance([of], HORIZONS, PARAMS).items()}
        for of in (history, doubled)
    )
    for once, twice in (
        (
            volatility.ewma_widths(history, HORIZONS, PARAMS),
            volatility.ewma_widths(doubled, HORIZONS, PARAMS),
        ),
        (
            volatility.har_fhs_widths(history, HORIZONS, PARAMS),
            volatility.har_fhs_widths(doubled, HORIZONS, PARAMS),
        ),
        (
            volatility.pool_widths(history, HORIZONS, pooled, PARAMS),
            volatility.pool_widths(doubled, HORIZONS, pooled_twice, PARAMS),
        ),
    ):
        for name in HORIZONS:
            np.testing.assert_allclose(twice[name], 2 * once[name], rtol=1e-9)


def test_pooled_har_reads_what_it_was_simulated_with():
    # Log variance follows a slow AR(1): a high day must widen the week more than the half-year.
    rng = np.random.default_rng(8)
    roots = []
    for _ in range(6):
        log_variance = np.zeros(1500)
        for session in range(1, 1500):
            log_variance[session] = 0.98 * log_variance[session - 1] + rng.normal(0, 0.15)
        daily = 1e-4 * np.exp(log_variance)
        roots.append(history_of(np.sqrt(daily) * rng.normal(size=1500), daily * rng.gamma(8.0, 1 / 8, 1500)))
    roots = [replace(history, symbol=f"R{place}") for place, history in enumerate(roots)]
    correlations = []
    for sessions in (5, 126):
        found = np.stack(
            [daily[900:1300] for daily in pooled_har_variance(roots, {"h": sessions}, PARAMS)["h"]]
        )
        coming = np.stack(
            [
                variance.ahead(variance.trailing_mean(root.ranges, sessions), sessions)[900:1300]
                for root in roots
            ]
        )
        assert np.mean(found) == pytest.approx(np.mean(coming), rel=0.35)
        moves = np.log(found) - np.log(found).mean(axis=1, keepdims=True)
        correlations.append((np.corrcoef(np.log(found).ravel(), np.log(coming).ravel())[0, 1], moves.std()))
    assert correlations[0][0] > 0.8
    assert correlations[0][1] > 1.3 * correlations[1][1]


def test_every_root_has_one_row_per_session_horizon_and_model_in_order(bars, forecasts):
    assert tuple(forecasts.columns) == volatility.COLUMNS
    assert not forecasts.duplicated(KEY).any()
    order = forecasts.assign(horizon=forecasts["horizon"].map(HORIZONS)).sort_values(KEY, kind="stable")
    assert order.index.equals(forecasts.index)
    assert (forecasts["p10_log"] <= forecasts["p50_log"]).all()
    assert (forecasts["p50_log"] <= forecasts["p90_log"]).all()
    last = forecasts[pd.to_datetime(forecasts["as_of_date"]) == bars["trade_date"].max()]
    assert len(last[last["symbol"] == "AA"]) == 4 * len(volatility.MODELS)
    starts = pd.to_datetime(forecasts.groupby(["symbol", "model_name"])["as_of_date"].min())
    aa = bars.loc[bars["symbol"] == "AA", "trade_date"]
    assert starts["AA", "ewma"] == starts["AA", "volatility_pool"] == aa.iloc[60]
    assert starts["AA", "volatility_blend"] == aa.iloc[60]
    assert starts["DD", "ewma"] == aa.iloc[360]


def test_all_but_climatology_have_no_opinion_on_the_direction(forecasts):
    rest = forecasts[forecasts["model_name"] != "climatology"]
    assert (rest["p50_log"] == 0).all()
    assert (rest["p10_log"] == -rest["p90_log"]).all()
    assert (forecasts.loc[forecasts["model_name"] == "climatology", "p50_log"] != 0).mean() > 0.9


def test_fold_id_is_the_anchor_the_session_belongs_to(forecasts):
    months = forecasts["model_name"].map(
        lambda name: PARAMS.garch_refit_months if name == "gjr_t_fhs" else PARAMS.refit_months
    )
    dates = pd.to_datetime(forecasts["as_of_date"])
    anchor = pd.to_datetime(forecasts["fold_id"])
    assert (anchor <= dates).all() and (anchor.dt.day == 1).all()
    elapsed = (dates.dt.year - anchor.dt.year) * 12 + dates.dt.month - anchor.dt.month
    assert (elapsed < months).all()


def test_excluded_roots_and_the_order_of_the_rows_do_not_matter(bars):
    with_flips = pd.concat([bars, bars[bars["symbol"] == "AA"].assign(symbol="6L")], ignore_index=True)
    shuffled = with_flips.sample(frac=1, random_state=3)
    plain = volatility.benchmark_forecasts(bars, HORIZONS, PARAMS, no_fits)
    same_bits(volatility.benchmark_forecasts(shuffled, HORIZONS, PARAMS, no_fits), plain)
    assert set(plain["model_name"]) == set(volatility.MODELS) - {"gjr_t_fhs"}


def test_an_empty_market_has_no_forecast(bars):
    empty = volatility.benchmark_forecasts(bars.iloc[:0], HORIZONS, PARAMS, no_fits)
    assert empty.empty and tuple(empty.columns) == volatility.COLUMNS


def test_messages_name_what_is_wrong(bars):
    with pytest.raises(ValueError, match="no entry for horizon 12m"):
        volatility.benchmark_forecasts(bars, HORIZONS | {"12m": 252}, PARAMS, no_fits)
    with pytest.raises(ValueError, match="AA 2015-03-02 twice"):
        volatility.benchmark_forecasts(pd.concat([bars, bars.iloc[:1]]), HORIZONS, PARAMS, no_fits)
    with pytest.raises(ValueError, match="column return_log is missing"):
        volatility.benchmark_forecasts(bars.drop(columns="return_log"), HORIZONS, PARAMS, no_fits)


def test_nothing_heavy_is_imported_before_something_is_fitted():
    code = (
        "import sys, ml.volatility; sys.exit(any(name in sys.modules for name in ('arch', 'scipy', 'torch')))"
    )
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT, check=True)
