"""One forecaster against another: independent implementations, and the size of the verdict under the null."""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from ml import comparison
from ml.proof import proven_share


def test_hac_standard_error_of_a_series_small_enough_to_check_by_hand():
    # Deviations -1.5 -0.5 0.5 1.5: variance 5/4, first autocovariance 1.25/4, which counts half, twice.
    values = np.array([1.0, 2.0, 3.0, 4.0])
    assert comparison.hac_standard_error(values, 0) == pytest.approx(math.sqrt(1.25 / 4))
    assert comparison.hac_standard_error(values, 1) == pytest.approx(math.sqrt((1.25 + 0.3125) / 4))


def test_hac_refuses_more_lags_than_values():
    with pytest.raises(ValueError, match=r"expected 0 \.\. 2"):
        comparison.hac_standard_error(np.zeros(3), 3)


def test_hac_sees_the_overlap_that_a_plain_standard_error_misses():
    rng = np.random.default_rng(1)
    means = []
    for _ in range(200):
        steps = rng.normal(size=520)
        means.append(np.convolve(steps, np.ones(21), mode="valid").mean())
    overlapping = np.convolve(rng.normal(size=50_020), np.ones(21), mode="valid")
    hac = comparison.hac_standard_error(overlapping, 60) * math.sqrt(len(overlapping) / 500)
    plain = comparison.hac_standard_error(overlapping, 0) * math.sqrt(len(overlapping) / 500)
    assert hac == pytest.approx(np.std(means), rel=0.2)
    assert plain < 0.35 * np.std(means)


def test_a_lower_loss_is_a_positive_gain_and_both_signs_agree():
    rng = np.random.default_rng(2)
    loss = rng.gamma(2.0, size=400)
    worse = loss + rng.normal(0.05, 0.2, size=400)
    better = comparison.loss_comparison(loss, worse, 5)
    assert better.mean_gain > 0 and better.t > 2 and better.n_eff == 80
    assert comparison.loss_comparison(worse, loss, 5) == better._replace(
        mean_gain=-better.mean_gain, t=-better.t
    )


def test_equal_losses_give_no_evidence_and_too_few_rows_give_no_answer():
    loss = np.ones(100)
    assert comparison.loss_comparison(loss, loss, 21).t == 0
    for constant in (0.1, 0.3, 1 / 3, 1e-5):  # whose mean differs from themselves in the last bit
        assert comparison.loss_comparison(np.zeros(100), np.full(100, constant), 21).t == 0
    assert math.isnan(comparison.loss_comparison(loss, loss + 1, 126).t)
    assert math.isnan(comparison.loss_comparison(loss, loss + 1, 100).t)  # one window


def test_without_overlap_the_comparison_is_a_t_test():
    gain = np.random.default_rng(3).normal(0.1, 1.0, size=50)
    found = comparison.loss_comparison(np.zeros(50), gain, 1)
    assert found.p_value == pytest.approx(stats.ttest_1samp(gain, 0).pvalue)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.t)))


def test_rows_further_apart_overlap_less_and_hold_more_windows():
    # A month of 21 sessions, asked every fifth: five rows share a target, 60 of them hold 300 / 21 windows.
    gain = np.random.default_rng(7).normal(0.1, 1.0, size=60)
    found = comparison.loss_comparison(np.zeros(60), gain, 21, step_sessions=5)
    t = gain.mean() / comparison.overlap_standard_error(gain, 5)
    assert found.n_eff == pytest.approx(300 / 21)
    assert found.t == pytest.approx(comparison.normal_deviate(t, 300 / 21 - 1))


def test_a_record_hardly_longer_than_a_target_counts_every_lag_it_has():
    gains = np.random.default_rng(6).normal(size=12)
    correction = (13 - 16 + 8 * 7 / 12) / 12
    expected = comparison.hac_standard_error(gains, 11) / math.sqrt(correction)
    assert comparison.overlap_standard_error(gains, 8) == pytest.approx(expected)


@pytest.mark.parametrize("lag", [0, 4, 9, 41])
def test_hac_standard_error_is_that_of_statsmodels(lag):
    values = np.convolve(np.random.default_rng(4).standard_t(4, size=420), np.ones(21), mode="valid")
    fitted = sm.OLS(values, np.ones(len(values))).fit(cov_type="HAC", cov_kwds={"maxlags": lag})
    assert comparison.hac_standard_error(values, lag) == pytest.approx(fitted.bse[0])


def test_the_small_sample_correction_is_that_of_harvey_leybourne_and_newbold():
    # 1997: (n + 1 - 2 h + h (h - 1) / n) / n, here with n 40 and h 4: (33 + 0.3) / 40.
    gains = np.random.default_rng(5).normal(size=40)
    found = comparison.overlap_standard_error(gains, 4)
    assert found == pytest.approx(comparison.hac_standard_error(gains, 7) / math.sqrt(33.3 / 40))


def test_few_windows_prove_less_and_many_are_normal():
    assert comparison.normal_deviate(2.0, 9) == pytest.approx(-stats.norm.ppf(stats.t.sf(2.0, 9)))
    assert comparison.normal_deviate(-2.0, 9) == -comparison.normal_deviate(2.0, 9)
    assert comparison.normal_deviate(2.0, 1e7) == pytest.approx(2.0, abs=1e-5)


@pytest.mark.parametrize("horizon", [5, 21, 63])
def test_equal_forecasters_are_rarely_told_apart(horizon):
    """Size of the verdict under the null; two standard errors promise one in twenty."""
    rng = np.random.default_rng(horizon)
    n_told = 0
    for _ in range(300):
        steps = np.cumsum(rng.standard_t(5, size=1300 + horizon))
        gain = steps[horizon:] - steps[:-horizon]  # neighbours share horizon - 1 steps, as real targets do
        n_told += (
            comparison.verdict(comparison.loss_comparison(-gain, 0 * gain, horizon)) != "not enough evidence"
        )
    assert 3 <= n_told <= 36  # 1 % to 12 %


def test_a_clear_gain_over_too_few_windows_is_no_verdict():
    found = comparison.Comparison(0.1, 5.0, 9.9, 1e-6)
    assert comparison.verdict(found) == comparison.NOT_ENOUGH
    assert comparison.verdict(found._replace(n_eff=10)) == "better"
    assert comparison.verdict(found._replace(n_eff=10, t=-2.0)) == "worse"
    assert comparison.verdict(found._replace(n_eff=100, t=math.nan)) == comparison.NOT_ENOUGH


def test_what_differs_by_rounding_alone_is_no_gain():
    """The last bit lost in the same direction on every third row reads as a clear win where it counts."""
    rng = np.random.default_rng(3)
    loss = np.abs(rng.normal(size=400)) + 0.1
    nudged = np.where(np.arange(400) % 3 == 0, np.nextafter(loss, 9), loss)
    assert (nudged > loss).sum() > 100
    assert not comparison.loss_gains(loss, nudged).any()
    assert comparison.loss_comparison(loss, nudged, 5).t == 0
    assert proven_share(comparison.loss_gains(loss, nudged), 5, caution=1.0, min_windows=4).share == 0
    nudged[7] += 1e-9
    gains = comparison.loss_gains(np.append(loss, np.nan), np.append(nudged, 1.0))
    assert np.flatnonzero(gains).tolist() == [7, 400] and np.isnan(gains[400])
