"""How far a forecaster's learnt median is believed: learnt itself, from what its earlier blocks were worth.

The regression of outcomes on the medians a forecaster gave out of sample, z = w m + error, in standard
deviations, seen as one noisy measurement of w beside a prior. With a few windows the answer is the prior's;
with many it is the data's: nothing for noise, more than one for learners that are cautious themselves.
"""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ml.comparison import overlap_standard_error

MIN_WINDOWS = 4
"""Independent windows below which a standard error is itself a guess, and the prior stands."""


def posterior_weight(
    medians: NDArray, outcomes: NDArray, horizon_sessions: int, prior_mean: float, prior_sd: float
) -> float:
    """Posterior mean of w, never below 0: normal prior, normal likelihood (precision-weighted mean).

    Parameters
    ----------
    medians : shape (n,), standard deviations, given out of sample on consecutive sessions, oldest first.
    outcomes : shape (n,), standardised outcomes of the same sessions.
    horizon_sessions : h; neighbouring outcomes share h - 1 sessions.
    prior_mean, prior_sd : what is believed without any record.

    Notes
    -----
    The error of the slope is that of the mean of m (z - prior_mean m): HAC over twice the overlap, never
    less than if rows held n / h independent windows: of few windows a HAC variance is often far too small.
    """
    if not (np.isfinite(medians).all() and np.isfinite(outcomes).all()):
        raise ValueError("`medians` and `outcomes` must be finite.")
    n, h = len(medians), horizon_sessions
    power = float(np.mean(medians**2)) if n else 0.0
    if n < MIN_WINDOWS * h or power == 0:
        return prior_mean
    surprise = medians * (outcomes - prior_mean * medians)
    error = max(overlap_standard_error(surprise, h), math.sqrt(float(np.mean(surprise**2)) * h / n)) / power
    if prior_sd == 0 or error == 0:
        return max(0.0, prior_mean + (float(surprise.mean()) / power if prior_sd > 0 else 0.0))
    pull = prior_sd**2 / (prior_sd**2 + error**2)
    return max(0.0, prior_mean + pull * float(surprise.mean()) / power)


def walk_forward_belief(
    session_index: Sequence[NDArray],
    medians: Sequence[NDArray],
    outcomes: Sequence[NDArray],
    last_known_index: Sequence[int],
    horizon_sessions: int,
    prior_mean: float,
    prior_sd: float,
) -> list[float]:
    """`posterior_weight` of every block of one forecaster and horizon, from rows matured before the block.

    Parameters
    ----------
    session_index, medians, outcomes : one array a block, blocks in time order.
    last_known_index : by block, the last session whose outcome was known when the block's fit was made.
    """
    weights = []
    for block, last in enumerate(last_known_index):
        if block == 0:
            weights.append(prior_mean)
            continue
        index = np.concatenate(session_index[:block])
        known = index <= last
        weights.append(
            posterior_weight(
                np.concatenate(medians[:block])[known],
                np.concatenate(outcomes[:block])[known],
                horizon_sessions,
                prior_mean,
                prior_sd,
            )
        )
    return weights
