"""Tests of VaR and CVaR on outcomes that do not overlap: every h-th origin, never every session.

A hit is a loss beyond VaR. Losses, VaR and CVaR are positive when they hurt and share one unit.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import xlogy
from scipy.stats import binom, chi2

from ml.comparison import NOT_ENOUGH
from ml.metrics import TOO_FEW, TOO_MANY, WITHIN_CHANCE

REJECT_BELOW = 0.05
N_SIMULATIONS = 4000
CLUSTERED = "clustered"


class LikelihoodRatio(NamedTuple):
    """A likelihood-ratio statistic and its asymptotic p-value."""

    statistic: float
    p_value: float


class ShortfallTest(NamedTuple):
    """Acerbi and Szekely's statistics, negative when losses are worse than CVaR said, with their p-values."""

    z1: float
    """About the size of hits alone; NaN without a hit."""
    z1_p_value: float
    z2: float
    """About number and size of hits."""
    z2_p_value: float


def kupiec(n: int, n_hits: int, hit_probability: float) -> LikelihoodRatio:
    """Proportion of failures (Kupiec 1995): -2 ln of (1-p)^(n-x) p^x over its maximum, chi-squared(1).

    Examples
    --------
    >>> [round(value, 3) for value in kupiec(250, 5, 0.01)]
    [1.957, 0.162]
    """
    statistic = float(_coverage_statistic(n, np.array(n_hits), hit_probability))
    return LikelihoodRatio(statistic, float(chi2.sf(statistic, 1)))


def kupiec_exact(n: int, n_hits: int, hit_probability: float) -> float:
    """Exact p-value: probability of all numbers of hits whose statistic is at least the observed one.

    With 41 origins at 5 % the asymptotic test rejects a true model in 14 % of cases, not in 5.
    """
    possible = np.arange(n + 1)
    statistics = _coverage_statistic(n, possible, hit_probability)
    as_extreme = statistics >= statistics[n_hits] - 1e-9
    return float(min(binom.pmf(possible, n, hit_probability)[as_extreme].sum(), 1.0))


def _coverage_statistic(n: int, n_hits: NDArray, p: float) -> NDArray:
    share = n_hits / n
    true = xlogy(n - n_hits, 1 - p) + xlogy(n_hits, p)
    best = xlogy(n - n_hits, 1 - share) + xlogy(n_hits, share)
    return np.maximum(-2 * (true - best), 0.0)


def christoffersen_independence(hits: NDArray) -> LikelihoodRatio:
    """Whether a hit makes the next one likelier (Christoffersen 1998), chi-squared(1).

    With few hits it rejects too rarely: 4 % of true models with 525 origins at 5 %, 1 % at 1 %.

    Parameters
    ----------
    hits : shape (n,), booleans in time order; a single one has no neighbour, and p is 1.
    """
    before, after = hits[:-1], hits[1:]
    n01, n11 = int((~before & after).sum()), int((before & after).sum())
    n00, n10 = int((~before & ~after).sum()), int((before & ~after).sum())
    return independence_of_transitions(n00, n01, n10, n11)


def independence_of_transitions(n00: int, n01: int, n10: int, n11: int) -> LikelihoodRatio:
    """The same from the four counts: n01 is a hit after no hit."""
    share = (n01 + n11) / max(n00 + n01 + n10 + n11, 1)
    after_none = n01 / (n00 + n01) if n00 + n01 else 0.0
    after_hit = n11 / (n10 + n11) if n10 + n11 else 0.0
    one_rate = xlogy(n00 + n10, 1 - share) + xlogy(n01 + n11, share)
    two_rates = xlogy(n00, 1 - after_none) + xlogy(n01, after_none)
    two_rates += xlogy(n10, 1 - after_hit) + xlogy(n11, after_hit)
    statistic = max(float(-2 * (one_rate - two_rates)), 0.0)
    return LikelihoodRatio(statistic, float(chi2.sf(statistic, 1)))


def conditional_coverage(hits: NDArray, hit_probability: float) -> LikelihoodRatio:
    """Kupiec's and the independence statistic together, chi-squared(2) (Christoffersen 1998)."""
    statistic = kupiec(len(hits), int(hits.sum()), hit_probability).statistic
    statistic += christoffersen_independence(hits).statistic
    return LikelihoodRatio(statistic, float(chi2.sf(statistic, 2)))


def acerbi_szekely(
    losses: NDArray, var: NDArray, cvar: NDArray, hit_probability: float, rng: np.random.Generator
) -> ShortfallTest:
    """Z1 and Z2 of Acerbi and Szekely, "Back-testing expected shortfall" (2014), tests 1 and 2.

    Z1 = 1 - mean of loss / CVaR over hits; Z2 = 1 - sum of loss / CVaR over hits / (n p). Both are 0 on
    average if the forecasts are right and negative if they are too small. p-values are one-sided, by
    simulation of independent hits whose excess over VaR is exponential with the mean that CVaR states.

    Parameters
    ----------
    losses, var, cvar : shape (n,), in one unit; cvar > var, cvar > 0.
    hit_probability : 1 - level.
    """
    z1, z2 = _shortfall_statistics(losses > var, losses / cvar, hit_probability)
    drawn_hits = rng.random((N_SIMULATIONS, len(losses))) < hit_probability
    excess = rng.exponential(size=drawn_hits.shape)
    null_1, null_2 = _shortfall_statistics(drawn_hits, (var + (cvar - var) * excess) / cvar, hit_probability)
    null_1 = null_1[np.isfinite(null_1)]
    z1_p_value = float(np.mean(null_1 <= z1)) if np.isfinite(z1) and len(null_1) else float("nan")
    return ShortfallTest(float(z1), z1_p_value, float(z2), float(np.mean(null_2 <= z2)))


def _shortfall_statistics(hits: NDArray, ratios: NDArray, hit_probability: float) -> tuple[NDArray, NDArray]:
    total, n_hits = np.where(hits, ratios, 0.0).sum(axis=-1), hits.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        z1 = 1 - np.where(n_hits > 0, total / n_hits, np.nan)
    return z1, 1 - total / (hits.shape[-1] * hit_probability)


def var_verdict(hits: NDArray, hit_probability: float) -> str:
    """too many, too few, clustered, within chance, or not enough evidence.

    The last: chance explains what was seen, and would even explain no hit at all.
    """
    n, n_hits = len(hits), int(hits.sum())
    if kupiec_exact(n, n_hits, hit_probability) < REJECT_BELOW:
        return TOO_MANY if n_hits > n * hit_probability else TOO_FEW
    if christoffersen_independence(hits).p_value < REJECT_BELOW:
        return CLUSTERED
    return NOT_ENOUGH if kupiec_exact(n, 0, hit_probability) >= REJECT_BELOW else WITHIN_CHANCE


def typical_start(hits: NDArray, horizon_sessions: int) -> int:
    """The first of the h possible origins from which every h-th session holds the median number of hits.

    At 6m one of 126 starts sees 20 of 2,500 outcomes: that of the record's first session may be the luckiest.

    Parameters
    ----------
    hits : shape (n,), booleans of every session, in time order.
    """
    n_hits = np.array(
        [hits[start::horizon_sessions].sum() for start in range(min(horizon_sessions, len(hits)))]
    )
    return int(np.flatnonzero(n_hits == np.sort(n_hits)[(len(n_hits) - 1) // 2])[0])


def rejecting_starts(hits: NDArray, horizon_sessions: int, hit_probability: float) -> float:
    """Share of the h possible first origins from which every h-th hit rejects Kupiec's hypothesis.

    The start is arbitrary; a verdict that hangs on it is no verdict.

    Parameters
    ----------
    hits : shape (n,), of every session.
    """
    starts = [hits[start::horizon_sessions] for start in range(min(horizon_sessions, len(hits)))]
    p_values = [kupiec_exact(len(own), int(own.sum()), hit_probability) for own in starts]
    return float(np.mean(np.array(p_values) < REJECT_BELOW))
