"""Bootstrap and model confidence set: what they must find, and how often they may be wrong."""

import numpy as np
import pytest

from zl import resampling


def overlapping_losses(rng: np.random.Generator, n: int, horizon: int) -> np.ndarray:
    """Losses of which neighbours share horizon - 1 of their sessions."""
    return np.convolve(rng.gamma(2.0, size=n + horizon - 1), np.ones(horizon), mode="valid")


def test_a_resample_has_as_many_rows_and_the_seed_decides():
    counts = resampling.resample_counts(50, 5, seed=1, n_resamples=20)
    assert counts.shape == (20, 50) and (counts.sum(axis=1) == 50).all()
    assert (counts == resampling.resample_counts(50, 5, seed=1, n_resamples=20)).all()
    assert (counts != resampling.resample_counts(50, 5, seed=2, n_resamples=20)).any()


def test_a_constant_share_of_the_loss_has_no_doubt_also_on_the_rows_a_model_has():
    benchmark = overlapping_losses(np.random.default_rng(2), 300, 5)
    losses = np.column_stack([0.9 * benchmark, np.where(np.arange(300) < 100, np.nan, 1.2 * benchmark)])
    intervals = resampling.skill_intervals(
        losses, benchmark, resampling.shared_resamples(np.isfinite(losses), 5), 5
    )
    assert intervals == pytest.approx(np.array([[0.1, 0.1], [-0.2, -0.2]]))


@pytest.mark.parametrize(("n", "horizon"), [(600, 5), (2504, 126), (999, 126), (630, 63)])
def test_the_interval_of_skill_holds_the_truth_nineteen_times_in_twenty(n, horizon):
    """As resampled, without `widening`, it does so in 92, 82, 73 and 76 of 100 markets."""
    rng, n_held, n_markets = np.random.default_rng(3), 0, 150
    resamples = resampling.shared_resamples(np.ones((n, 1), bool), horizon, n_resamples=300)
    for _ in range(n_markets):
        own, benchmark = (10 * horizon + overlapping_losses(rng, n, horizon) for _ in range(2))
        low, high = resampling.skill_intervals(own[:, None], benchmark, resamples, horizon)[0]
        n_held += low <= 0 <= high
    assert 0.9 <= n_held / n_markets <= 0.99


def test_an_interval_keeps_to_its_sides_and_a_few_windows_have_none():
    rng = np.random.default_rng(9)
    own, benchmark = (overlapping_losses(rng, 600, 5) for _ in range(2))
    resamples = resampling.shared_resamples(np.ones((600, 1), bool), 5)
    low, high = resampling.skill_intervals(own[:, None], benchmark, resamples, 5)[0]
    assert low < 1 - own.sum() / benchmark.sum() < high
    assert resampling.widening(10**6, 1, 1) == pytest.approx(
        1, abs=1e-4
    )  # nothing overlaps, nothing is left out
    assert np.isnan(resampling.widening(503, 126, 167)) and resampling.widening(504, 126, 168) > 2


@pytest.mark.parametrize("shorter", [504, 539, 562, 624, 700])
def test_a_short_record_beside_a_long_one_has_an_interval(shorter):
    """Blocks of the long record's 252 sessions cannot be corrected for on fewer than 630 rows."""
    rng = np.random.default_rng(12)
    losses = np.column_stack([overlapping_losses(rng, 900, 126) for _ in range(3)])
    losses[: 900 - shorter, 1] = np.nan
    losses[: 900 - 300, 2] = np.nan
    resamples = resampling.shared_resamples(np.isfinite(losses), 126)
    intervals = resampling.skill_intervals(losses, overlapping_losses(rng, 900, 126), resamples, 126)
    assert np.isfinite(intervals[:2]).all() and np.isnan(intervals[2]).all()
    assert (np.diff(intervals[:2], axis=1) < 3).all()


def test_losses_that_differ_in_the_last_bit_are_twins():
    losses = overlapping_losses(np.random.default_rng(7), 800, 5) / 1000
    silent = np.where(np.arange(800) % 30 == 0, np.nextafter(losses, 1), losses)
    other = losses + np.abs(np.random.default_rng(8).normal(size=800)) / 1000
    p_values = resampling.model_confidence_set(np.column_stack([losses, silent, other]), 5)
    assert p_values[0] == p_values[1] == 1


def test_twins_share_their_place_in_the_confidence_set_and_the_worse_is_dropped():
    rng = np.random.default_rng(4)
    market = overlapping_losses(rng, 800, 5)
    own, other = (market + overlapping_losses(rng, 800, 5) for _ in range(2))
    p_values = resampling.model_confidence_set(np.column_stack([own, other, own, other + 3.0]), 5)
    assert p_values[0] == p_values[2] and p_values.max() == 1
    assert p_values[3] < 0.1
    assert (resampling.model_confidence_set(np.column_stack([market, market]), 5) == 1).all()


@pytest.mark.parametrize(("n", "horizon"), [(300, 5), (630, 63)])
def test_the_confidence_set_keeps_the_best_as_often_as_it_says(n, horizon):
    """Of equal forecasters each is the best; as resampled, ten windows keep one in three of four only."""
    rng, n_kept, n_markets = np.random.default_rng(5), 0, 40
    for _ in range(n_markets):
        losses = np.column_stack([overlapping_losses(rng, n, horizon) for _ in range(4)])
        p_values = resampling.model_confidence_set(losses, horizon)
        n_kept += (p_values > 1 - resampling.CONFIDENCE_SET_LEVEL).sum()
    assert n_kept / (4 * n_markets) >= 0.88


def test_three_windows_leave_nobody_out():
    losses = overlapping_losses(np.random.default_rng(6), 300, 100)
    apart = np.column_stack([losses, losses + np.arange(300) % 2, losses + 50])
    assert (resampling.model_confidence_set(apart, 100) == 1).all()


def test_a_loss_that_is_missing_is_refused():
    with pytest.raises(ValueError, match="must be finite"):
        resampling.model_confidence_set(np.array([[1.0, np.nan], [1.0, 2.0]]), 1)


def test_blocks_are_two_horizons_but_never_most_of_the_rows():
    assert [resampling.block_sessions(h, 2500) for h in (5, 126)] == [10, 252]
    assert resampling.block_sessions(126, 300) == 100
