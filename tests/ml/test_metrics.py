"""Scores of quantile forecasts: the handbook's examples, and what must hold for any numbers."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml import metrics

LEVELS = np.array([0.1, 0.5, 0.9])
returns = st.lists(st.floats(-0.5, 0.5), min_size=1, max_size=30).map(np.array)


def mean_loss(y_true, quantiles, levels):
    """Mean over the rows, one value per level."""
    return metrics.pinball_losses(y_true, quantiles, levels).mean(axis=0)


@pytest.mark.parametrize(
    ("actual", "forecast", "level", "loss"),
    [(0.03, 0.01, 0.9, 0.018), (-0.02, 0.0, 0.5, 0.010), (-0.06, -0.04, 0.1, 0.018)],
)
def test_pinball_loss_of_the_handbooks_examples(actual, forecast, level, loss):
    found = mean_loss(np.array([actual]), np.array([[forecast]]), np.array([level]))
    assert found == pytest.approx([loss], abs=1e-15)


def test_pinball_loss_has_one_value_per_level_and_is_their_mean_over_rows():
    y = np.array([0.03, -0.06])
    quantiles = np.array([[-0.04, 0.0, 0.01], [-0.04, 0.0, 0.01]])
    # rows: (0.007, 0.015, 0.018) and (0.018, 0.030, 0.007)
    assert mean_loss(y, quantiles, LEVELS) == pytest.approx([0.0125, 0.0225, 0.0125], abs=1e-15)


@pytest.mark.parametrize("shape", [(3,), (3, 2), (2, 3)])
def test_pinball_loss_refuses_shapes_that_would_broadcast(shape):
    with pytest.raises(ValueError, match="one row per `y_true`, one column per `quantile_levels`"):
        mean_loss(np.zeros(3), np.zeros(shape), LEVELS)


def test_a_row_s_loss_is_the_sum_over_the_levels_for_any_number_of_forecasters():
    quantiles, y = np.array([[-0.04, 0.0, 0.01]]), np.array([0.03])
    expected = 0.1 * 0.07 + 0.5 * 0.03 + 0.018
    assert metrics.row_losses(quantiles, y) == pytest.approx([expected])
    both = metrics.row_losses(np.stack([quantiles, quantiles + 0.03]), y)
    assert both == pytest.approx(np.array([[expected], [0.1 * 0.04 + 0.1 * 0.01]]))


@settings(max_examples=50, derandomize=True)
@given(returns, st.floats(-0.3, 0.3), st.floats(0.01, 100.0))
def test_pinball_loss_is_not_negative_scales_with_its_unit_and_mirrors_with_the_sign(y, forecast, unit):
    quantiles = np.full((len(y), 3), forecast)
    loss = mean_loss(y, quantiles, LEVELS)
    assert (loss >= 0).all()
    assert mean_loss(unit * y, unit * quantiles, LEVELS) == pytest.approx(unit * loss)
    assert mean_loss(-y, -quantiles, LEVELS)[::-1] == pytest.approx(loss)


@settings(max_examples=50, derandomize=True)
@given(returns, st.sampled_from(LEVELS.tolist()), st.floats(-0.3, 0.3))
def test_no_constant_forecast_beats_the_empirical_quantile(y, level, other):
    best = np.quantile(y, level, method="inverted_cdf")
    levels = np.array([level])
    loss = mean_loss(y, np.full((len(y), 1), best), levels)
    assert loss <= mean_loss(y, np.full((len(y), 1), other), levels) + 1e-15


def test_skill_is_the_share_of_the_benchmarks_loss_that_is_saved():
    assert metrics.skill(0.8257, 0.8288) == pytest.approx(0.0037, abs=5e-5)
    assert metrics.skill(2.0, 1.0) == -1.0


def test_one_year_holds_the_handbooks_windows_and_standard_errors():
    windows = [metrics.effective_sample_size(252, h) for h in (5, 21, 63, 126)]
    assert [round(value) for value in windows] == [50, 12, 4, 2]
    halves = [metrics.share_band(0.1, n).high - 0.1 for n in (50, 12, 4, 2)]
    assert halves == pytest.approx([2 * error for error in (0.042, 0.087, 0.15, 0.21)], abs=5e-3)
    # 841 weekly origins of a one-week target do not overlap.
    assert metrics.effective_sample_size(841, 5, step_sessions=5) == 841
    assert metrics.share_band(0.8, 841).high - 0.8 == pytest.approx(2 * 0.014, abs=1e-3)


def test_a_band_of_a_share_stays_a_share():
    assert metrics.share_band(0.1, 1) == (0.0, pytest.approx(0.7))
