"""PIT, shares and elementary scores: identities, a published one, and the size of the verdicts."""

import numpy as np
import pytest
import scoringrules
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.metrics import pinball_losses
from zl import calibration_checks as checks

LEVELS = np.array([0.1, 0.5, 0.9])


@settings(max_examples=60, derandomize=True)
@given(st.floats(-1, 1), st.floats(-1, 1), st.sampled_from(LEVELS.tolist()))
def test_elementary_scores_add_up_to_the_pinball_loss(y, q, level):
    # Ehm, Gneiting, Jordan and Krueger (2016): pinball is the mixture with the same weight everywhere.
    step = 1 / 4000
    thresholds = np.arange(-1.5, 1.5, step) + step / 2
    scores = checks.elementary_scores(np.array([y]), np.array([q]), level, thresholds)
    assert scores.sum() * step == pytest.approx(float(scoringrules.quantile_score(y, q, level)), abs=2 * step)


def test_elementary_score_of_a_forecast_too_high_and_too_low_by_hand():
    thresholds = np.array([-0.5, 0.5, 1.5])
    too_high = checks.elementary_scores(np.array([0.0]), np.array([1.0]), 0.9, thresholds)
    assert too_high[0].tolist() == [0.0, pytest.approx(0.1), 0.0]
    too_low = checks.elementary_scores(np.array([1.0]), np.array([0.0]), 0.9, thresholds)
    assert too_low[0].tolist() == [0.0, pytest.approx(0.9), 0.0]


def test_the_area_under_a_murphy_curve_is_the_mean_loss():
    rng = np.random.default_rng(1)
    y, quantiles = rng.normal(size=50), np.sort(rng.normal(size=(50, 3)), axis=1)
    step = 1 / 500
    curve = checks.murphy_curve(y, quantiles, LEVELS, np.arange(-5, 5, step))
    assert curve.sum() * step == pytest.approx(pinball_losses(y, quantiles, LEVELS).mean(), abs=2 * step)


def test_uniform_pits_are_rarely_refused_though_neighbours_overlap():
    rng = np.random.default_rng(2)
    p_values = []
    for _ in range(200):
        steps = np.cumsum(rng.normal(size=1005))
        pit = checks.stats.norm.cdf((steps[5:] - steps[:-5]) / np.sqrt(5))
        p_values.append(checks.pit_uniformity(pit, 5))
    assert 0.02 <= np.mean(np.array(p_values) < 0.05) <= 0.09
    narrow = checks.stats.norm.cdf(1.5 * checks.stats.norm.ppf(rng.random(1000)))
    assert checks.pit_uniformity(narrow, 5) < 0.05


@pytest.mark.parametrize(
    ("share", "n_eff", "verdict"),
    [
        (0.80, 100, "within chance"),
        (0.873, 100, "within chance"),  # 0.8 + 2 * 0.04 = 0.88
        (0.89, 100, "too many"),
        (0.71, 100, "too few"),
        (0.2, 9, "not enough evidence"),
    ],
)
def test_a_share_is_judged_by_its_independent_windows(share, n_eff, verdict):
    assert checks.share_verdict(share, 0.8, n_eff) == verdict
