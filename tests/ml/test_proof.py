import numpy as np
import pytest
from scipy import stats

from ml.comparison import hac_standard_error
from ml.proof import proven_share


def test_share_grows_with_proof_and_is_nothing_for_a_loser():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=1000)
    weak, strong = (proven_share(noise + gain, 5, 4.0, 4) for gain in (0.1, 1.0))
    assert 0 <= weak.share < strong.share < 1
    assert strong.share == pytest.approx(1 - 4 / strong.t_stat**2)
    assert proven_share(noise - 1.0, 5, 4.0, 4).share == 0
    assert proven_share(noise[:19] + 5, 5, 4.0, 4).share == 0  # fewer than four windows of five sessions
    assert proven_share(np.zeros(100), 5, 4.0, 4).share == 0


def test_overlap_widens_the_error():
    rng = np.random.default_rng(2)
    gains = np.convolve(rng.normal(size=1125), np.ones(126), "valid") / 126 + 0.02
    assert abs(proven_share(gains, 126, 4.0, 4).t_stat) < abs(proven_share(gains, 1, 4.0, 4).t_stat) / 4


def test_few_windows_prove_less():
    gains = np.random.default_rng(5).normal(size=400) + 0.1
    correction = (401 - 2 * 80 + 80 * 79 / 400) / 400
    t = gains.mean() / hac_standard_error(gains, 159) * np.sqrt(correction)
    proof = proven_share(gains, 80, 4.0, 4)
    assert proof.t_stat == pytest.approx(-stats.norm.ppf(stats.t.sf(t, 400 / 80 - 1)))
    assert 0 < proof.t_stat < t


def test_a_record_counts_from_its_last_needed_row_on():
    gains = np.random.default_rng(4).normal(size=21) + 5
    assert np.isnan(proven_share(gains[:19], 5, 4.0, 4).t_stat)
    assert proven_share(gains[:20], 5, 4.0, 4).share > 0


def test_a_gain_without_any_doubt_is_followed_whole_and_a_loss_not_at_all():
    always = np.full(40, 0.25)
    assert proven_share(always, 1, 4.0, 4) == (1.0, np.inf, 40, 0.25)
    assert proven_share(-always, 1, 4.0, 4) == (0.0, -np.inf, 40, -0.25)
    assert proven_share(0 * always, 1, 4.0, 4) == (0.0, 0.0, 40, 0.0)
