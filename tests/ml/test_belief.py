import numpy as np
import pytest

from ml.belief import posterior_weight, walk_forward_belief

PRIOR = {"prior_mean": 0.35, "prior_sd": 0.35}


def record(n, truth, size, h=1, seed=0):
    """Medians of standard deviation `size` and outcomes that follow them with slope `truth`."""
    rng = np.random.default_rng(seed)
    median = size * np.convolve(rng.normal(size=n + h - 1), np.ones(h) / np.sqrt(h), "valid")
    noise = np.convolve(rng.normal(size=n + h - 1), np.ones(h) / np.sqrt(h), "valid")
    return median, truth * median + noise


def test_one_measurement_beside_a_prior_as_in_the_textbook():
    """h = 1 and independent rows: precision-weighted mean, White's variance of the slope."""
    median, outcome = record(400, 1.0, 0.2)
    slope = (median @ outcome) / (median @ median)
    surprise = median * (outcome - 0.35 * median)
    variance = max(np.var(surprise) * 400 / 399, np.mean(surprise**2)) / 400 / np.mean(median**2) ** 2
    expected = (0.35 / 0.35**2 + slope / variance) / (1 / 0.35**2 + 1 / variance)
    assert posterior_weight(median, outcome, 1, **PRIOR) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(
    ("truth", "low", "high"), [(0.0, 0.0, 0.1), (1.0, 0.9, 1.1), (1.7, 1.5, 1.9), (-1.0, 0.0, 0.0)]
)
def test_a_long_record_is_believed(truth, low, high):
    assert low <= posterior_weight(*record(50_000, truth, 0.2), 1, **PRIOR) <= high


@pytest.mark.parametrize("h", [5, 21, 126])
def test_a_short_record_hardly_moves_the_prior(h):
    moved = [posterior_weight(*record(4 * h, 0.0, 0.2, h, seed), h, **PRIOR) - 0.35 for seed in range(20)]
    assert np.abs(moved).max() < 0.2
    assert posterior_weight(*record(4 * h - 1, 0.0, 0.2, h), h, **PRIOR) == 0.35
    assert posterior_weight(np.zeros(1000), np.ones(1000), 5, **PRIOR) == 0.35


@pytest.mark.parametrize("h", [5, 63])
def test_overlap_counts(h):
    """The same number of rows says less when windows overlap: the posterior spreads less around the prior."""
    apart = [posterior_weight(*record(1000, 0.0, 0.3, 1, seed), 1, **PRIOR) for seed in range(40)]
    shared = [posterior_weight(*record(1000, 0.0, 0.3, h, seed), h, **PRIOR) for seed in range(40)]
    assert abs(np.mean(shared) - 0.35) < abs(np.mean(apart) - 0.35)


def test_a_certain_prior_is_kept():
    assert posterior_weight(*record(5000, 1.0, 0.5), 5, 0.35, 0.0) == 0.35


def test_a_hole_in_the_record_is_refused():
    median, outcome = record(500, 1.0, 0.5)
    for holed in ((np.where(np.arange(500) == 7, np.nan, median), outcome), (median, outcome + np.inf)):
        with pytest.raises(ValueError, match="must be finite"):
            posterior_weight(*holed, 5, **PRIOR)


def test_a_block_learns_from_rows_matured_before_it_and_from_no_other():
    median, outcome = record(600, 1.0, 0.5)
    index = np.arange(600)
    blocks = [slice(0, 200), slice(200, 400), slice(400, 600)]
    parts = [[values[block] for block in blocks] for values in (index, median, outcome)]
    last = [-6, 194, 394]
    honest = walk_forward_belief(*parts, last, 5, **PRIOR)
    assert honest[0] == 0.35
    assert honest[2] == posterior_weight(median[:395], outcome[:395], 5, **PRIOR)
    late = np.where(index > 394, -outcome, outcome)
    parts[2] = [late[block] for block in blocks]
    assert walk_forward_belief(*parts, last, 5, **PRIOR) == honest
    seen = np.where(index == 394, -50.0, outcome)
    parts[2] = [seen[block] for block in blocks]
    assert walk_forward_belief(*parts, last, 5, **PRIOR)[2] != honest[2]
