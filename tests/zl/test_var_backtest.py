"""Tests of VaR and CVaR: textbook examples, and how often they reject a model that is right."""

import math

import numpy as np
import pytest
from scipy import stats

from zl import var_backtest


@pytest.mark.parametrize(
    ("n", "n_hits", "p", "statistic"),
    [
        (250, 5, 0.01, 1.957),
        # Jorion, "Value at Risk" (2007), chapter 6: 20 exceptions in 252 days at 95 %, and question 10.
        (252, 20, 0.05, 3.91),
        (252, 6, 0.01, 3.498),
    ],
)
def test_kupiecs_statistic_of_published_examples(n, n_hits, p, statistic):
    assert var_backtest.kupiec(n, n_hits, p).statistic == pytest.approx(statistic, abs=3e-3)


def test_kupiecs_p_value_is_the_handbooks():
    assert var_backtest.kupiec(250, 5, 0.01).p_value == pytest.approx(0.162, abs=5e-4)


def test_independence_of_published_examples():
    # Jorion, chapter 6: 6 of 20 exceptions follow one; question 10: 4 of 6 do.
    assert var_backtest.independence_of_transitions(218, 14, 14, 6).statistic == pytest.approx(9.53, abs=5e-3)
    assert var_backtest.independence_of_transitions(244, 2, 2, 4).statistic == pytest.approx(25.837, abs=1e-3)


def test_transitions_are_counted_in_time_order():
    hits = np.array([False, True, True, False, False, True, False])
    assert var_backtest.christoffersen_independence(hits) == var_backtest.independence_of_transitions(
        1, 2, 2, 1
    )
    both = var_backtest.conditional_coverage(hits, 0.05)
    parts = (
        var_backtest.kupiec(7, 3, 0.05).statistic + var_backtest.christoffersen_independence(hits).statistic
    )
    assert both == (parts, pytest.approx(math.exp(-parts / 2)))  # chi-squared with two degrees of freedom


@pytest.mark.parametrize(
    ("n", "p"), [(525, 0.05), (525, 0.01), (124, 0.05), (41, 0.05), (20, 0.05), (20, 0.01)]
)
def test_the_exact_test_never_rejects_a_right_model_more_often_than_it_says(n, p):
    chance = stats.binom.pmf(np.arange(n + 1), n, p)
    rejects = [var_backtest.kupiec_exact(n, x, p) < 0.05 for x in range(n + 1)]
    assert chance[rejects].sum() <= 0.05
    asymptotic = [var_backtest.kupiec(n, x, p).p_value < 0.05 for x in range(n + 1)]
    if (n, p) == (41, 0.05):
        assert chance[asymptotic].sum() == pytest.approx(0.14, abs=0.01)


def test_independence_is_not_rejected_too_often_when_hits_are_independent():
    rng = np.random.default_rng(1)
    p_values = [var_backtest.christoffersen_independence(rng.random(525) < 0.05).p_value for _ in range(600)]
    assert np.mean(np.array(p_values) < 0.05) <= 0.06


def test_clustered_hits_are_found():
    hits = np.zeros(500, dtype=bool)
    for start in range(10, 500, 100):
        hits[start : start + 5] = True
    assert var_backtest.var_verdict(hits, 0.05) == var_backtest.CLUSTERED
    assert var_backtest.kupiec_exact(500, 25, 0.05) > 0.5


def test_the_verdict_says_what_is_wrong_or_that_nothing_could_be():
    def hits(n, n_hits):
        return np.arange(n) % (n // n_hits) == 1 if n_hits else np.zeros(n, dtype=bool)

    assert var_backtest.var_verdict(hits(500, 50), 0.05) == var_backtest.TOO_MANY
    assert var_backtest.var_verdict(hits(500, 5), 0.05) == var_backtest.TOO_FEW
    assert var_backtest.var_verdict(hits(500, 25), 0.05) == var_backtest.WITHIN_CHANCE
    assert var_backtest.var_verdict(hits(20, 1), 0.05) == var_backtest.NOT_ENOUGH
    assert var_backtest.var_verdict(hits(20, 5), 0.05) == var_backtest.TOO_MANY


def test_statistics_of_shortfall_by_hand():
    losses, var, cvar = np.array([1.0, 5.0, 8.0, 0.0]), np.full(4, 2.0), np.full(4, 4.0)
    found = var_backtest.acerbi_szekely(losses, var, cvar, 0.25, np.random.default_rng(0))
    # Two hits of 5/4 and 8/4 where one was expected: Z1 = 1 - 3.25/2, Z2 = 1 - 3.25/1.
    assert (found.z1, found.z2) == (pytest.approx(-0.625), pytest.approx(-2.25))
    none = var_backtest.acerbi_szekely(losses * 0, var, cvar, 0.25, np.random.default_rng(0))
    assert math.isnan(none.z1) and math.isnan(none.z1_p_value) and (none.z2, none.z2_p_value) == (1.0, 1.0)


def test_a_loss_that_equals_var_is_not_beyond_it():
    var, cvar = np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 4.0])
    at_var = var_backtest.acerbi_szekely(var, var, cvar, 0.25, np.random.default_rng(0))
    assert math.isnan(at_var.z1) and at_var.z2 == 1
    beyond = np.nextafter(var, np.inf)
    hit = var_backtest.acerbi_szekely(beyond, var, cvar, 0.25, np.random.default_rng(0))
    assert hit.z1 == pytest.approx(1 - (1 / 2 + 2 / 3 + 3 / 4) / 3)


def test_the_published_critical_value_of_z2():
    # Acerbi and Szekely (2014): at 2.5 % and 250 days the 5 % point of Z2 is about -0.7, whatever the tail.
    rng = np.random.default_rng(2)
    p = 0.025
    for law in (stats.norm, stats.t(5)):
        var = law.isf(p)
        cvar = law.expect(lambda x: x, lb=var, conditional=True)
        drawn = law.rvs(size=(3000, 250), random_state=rng)
        z2 = 1 - np.where(drawn > var, drawn, 0).sum(axis=1) / cvar / (250 * p)
        assert np.quantile(z2, 0.05) == pytest.approx(-0.7, abs=0.06)
        at_limit = drawn[np.argmin(np.abs(z2 + 0.7))]
        found = var_backtest.acerbi_szekely(at_limit, np.full(250, var), np.full(250, cvar), p, rng)
        assert found.z2 == pytest.approx(-0.7, abs=0.01) and 0.03 <= found.z2_p_value <= 0.07


def test_cvar_that_is_too_small_is_found_where_var_is_right():
    rng = np.random.default_rng(3)
    losses = stats.t(3).rvs(size=2000, random_state=rng)
    var = np.full(2000, stats.t(3).isf(0.05))
    normal_tail = var * stats.norm.pdf(1.645) / 0.05 / 1.645
    found = var_backtest.acerbi_szekely(losses, var, normal_tail, 0.05, rng)
    assert found.z1 < 0 and found.z1_p_value < 0.01
    assert var_backtest.kupiec_exact(2000, int((losses > var).sum()), 0.05) > 0.05


def test_the_start_is_the_one_with_the_median_of_hits():
    hits = np.zeros(50, dtype=bool)
    hits[[1, 6, 11, 2, 3, 8]] = True  # 0, 3, 1, 2 and 0 hits from the five starts
    assert var_backtest.typical_start(hits, 5) == 2
    assert var_backtest.typical_start(hits[:1], 5) == 0


def test_every_possible_first_session_is_asked():
    hits = np.zeros(500, dtype=bool)
    hits[::5] = True  # from the first start every outcome is a hit, from the others none is
    assert var_backtest.rejecting_starts(hits, 5, 0.05) == 1.0
    assert var_backtest.rejecting_starts(np.arange(500) % 20 == 3, 1, 0.05) == 0.0
