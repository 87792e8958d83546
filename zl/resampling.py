"""Block bootstrap of loss tables: how far skill may be off, and which forecasters the rows cannot tell apart.

Blocks are at least two horizons long, since targets of h sessions tie h neighbouring rows together.
"""

import math
from typing import NamedTuple

import numpy as np
from arch.bootstrap import MCS, StationaryBootstrap
from numpy.typing import NDArray

N_RESAMPLES = 1000
INTERVAL_LEVEL = 0.95
CONFIDENCE_SET_LEVEL = 0.9
MIN_WINDOWS = 4
"""Independent windows below which an interval would itself be a guess."""
TWIN_DECIMALS = 14
"""Losses of log returns that agree to so many decimals are of one forecast."""
SEED = 20140102


def block_sessions(horizon_sessions: int, n_rows: int) -> int:
    """Mean length of a block: two horizons, at most a third of the rows."""
    return max(1, min(2 * horizon_sessions, n_rows // 3))


def resample_counts(
    n_rows: int, mean_block: int, seed: int = SEED, n_resamples: int = N_RESAMPLES
) -> NDArray:
    """How often each row stands in each resample, shape (n_resamples, n_rows).

    The stationary bootstrap of Politis and Romano (1994): blocks of geometric length, wrapped around.
    """
    drawn = StationaryBootstrap(mean_block, np.arange(n_rows), seed=np.random.default_rng(seed))
    rows = [positions[0] for positions, _ in drawn.bootstrap(n_resamples)]
    return np.array([np.bincount(row, minlength=n_rows) for row in rows], dtype=float)


class Resamples(NamedTuple):
    """How often each row stands in each resample, shape (n_resamples, n), and the mean length of blocks."""

    counts: NDArray
    mean_block: int


def shared_resamples(
    known: NDArray, horizon_sessions: int, seed: int = SEED, n_resamples: int = N_RESAMPLES
) -> Resamples:
    """Resamples for models with different rows, in blocks that suit the shortest record with an interval.

    Blocks longer than a third of a record cannot be corrected for (`widening`).

    Parameters
    ----------
    known : shape (n, m), whether a model has the row.
    """
    records = [rows for rows in known.sum(axis=0) if rows >= MIN_WINDOWS * horizon_sessions]
    mean_block = block_sessions(horizon_sessions, int(min(records, default=len(known))))
    return Resamples(resample_counts(len(known), mean_block, seed, n_resamples), mean_block)


def skill_intervals(
    losses: NDArray, benchmark_loss: NDArray, resamples: Resamples, horizon_sessions: int
) -> NDArray:
    """Intervals of skill, 1 - loss / benchmark loss, shape (m, 2); both on the model's rows.

    Percentiles of the resampled skill, moved away from the skill itself by `widening`.

    Parameters
    ----------
    losses : shape (n, m), NaN where a model has no row.
    benchmark_loss : shape (n,), without NaN.
    resamples : of the n rows, as of `shared_resamples`.
    """
    known = np.isfinite(losses)
    own, benchmark = np.where(known, losses, 0.0), np.where(known, benchmark_loss[:, None], 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        skills = 1 - (resamples.counts @ own) / (resamples.counts @ benchmark)  # (n_resamples, m)
    tail = (1 - INTERVAL_LEVEL) / 2
    ends = np.nanquantile(skills, [tail, 1 - tail], axis=0).T
    skill = (1 - own.sum(axis=0) / benchmark.sum(axis=0))[:, None]
    factors = [widening(int(rows), horizon_sessions, resamples.mean_block) for rows in known.sum(axis=0)]
    return skill + np.array(factors)[:, None] * (ends - skill)


def widening(n_rows: int, horizon_sessions: int, mean_block: int) -> float:
    """How many times as far from the estimate an end lies as resampling says; NaN below `MIN_WINDOWS`.

    Resampled in blocks of mean length b, the autocovariance at lag k counts (1 - k/n)(1 - 1/b)^k +
    (k/n)(1 - 1/b)^(n - k) (Politis and Romano 1994), and that of targets of h sessions is 1 - k/h of their
    variance. The spread is taken about the rows' own mean, which costs (2 b - 1) / n. Few windows have the
    tails of Student's t. Without this an interval of 95 % holds the truth in 82 % of cases at 20 windows
    (docs/experiments.md).
    """
    from scipy.special import ndtri, stdtrit

    windows = n_rows / horizon_sessions
    if windows < MIN_WINDOWS:
        return math.nan
    lag = np.arange(1, horizon_sessions)
    counted = (1 - lag / n_rows) * (1 - 1 / mean_block) ** lag
    counted += lag / n_rows * (1 - 1 / mean_block) ** (n_rows - lag)
    shared = 1 - lag / horizon_sessions
    kept = (1 + 2 * (counted * shared).sum()) / (1 + 2 * shared.sum()) - (2 * mean_block - 1) / n_rows
    upper = (1 + INTERVAL_LEVEL) / 2
    return float(stdtrit(windows - 1, upper) / ndtri(upper) / math.sqrt(kept))


def model_confidence_set(losses: NDArray, horizon_sessions: int, seed: int = SEED) -> NDArray:
    """p-value of each model in the model confidence set of Hansen, Lunde and Nason (2011); shape (m,).

    Models with a p-value above 1 - CONFIDENCE_SET_LEVEL are the set: it holds the best of them with that
    confidence. The statistic is the range ("R"), over deviations `widening` times as large as resampled: the
    mean losses are drawn together by it. Few windows leave many members: a small set is the news. Below
    `MIN_WINDOWS` nobody can be left out.

    Parameters
    ----------
    losses : shape (n, m), the same rows for all, without NaN, in time order.

    Raises
    ------
    ValueError
        A loss that is not finite.
    """
    if not np.isfinite(losses).all():
        raise ValueError("`losses` must be finite: leave out rows that a model does not have.")
    mean_block = block_sessions(horizon_sessions, len(losses))
    factor = widening(len(losses), horizon_sessions, mean_block)
    # Twins (an ensemble that follows its fallback alone) have no difference to divide by its error.
    # A learner without a word differs from the fallback in the last bit.
    _, first, twin_of = np.unique(
        np.round(losses, TWIN_DECIMALS), axis=1, return_index=True, return_inverse=True
    )
    if len(first) == 1 or math.isnan(factor):
        return np.ones(losses.shape[1])
    apart = losses[:, first]
    apart = apart - (1 - 1 / factor) * (apart.mean(axis=0) - apart.mean())
    found = MCS(
        apart, size=1 - CONFIDENCE_SET_LEVEL, reps=N_RESAMPLES, block_size=mean_block,
        method="R", seed=np.random.default_rng(seed),
    )  # fmt: skip
    found.compute()
    return found.pvalues["Pvalue"].sort_index().to_numpy(dtype=float)[np.ravel(twin_of)]
