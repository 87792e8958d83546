"""Filtered historical simulation (FHS): a width from the returns so far over their own forecast deviations.

Every fit sizes anew all returns before it: here a longer history costs more than its sessions. So each return
is made to cost little. The point asked for lies near that of the fit before, and only the rows near it are
put in order; their order comes from any increasing function of the size, the width from the size itself.
"""

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from ml import garch_variance, variance
from ml.garch import Gjr
from ml.histories import Block, History, wanted_blocks
from ml.params import QUANTILE_LEVELS, Volatility

TWO_SIDED = QUANTILE_LEVELS[2] - QUANTILE_LEVELS[0]
"""Level of |z| at which z and -z together have their 90 % quantile."""
SLACK = 0.2
"""How far from the last fit's point this one's is looked for first. It decides time, never a value."""
EVERYWHERE = (-math.inf, math.inf)

Horizons = Mapping[str, int]
Sizes = Callable[[int, int], NDArray]
"""(fit, end) -> shape (end,): increases with |return| / deviation of the rows before `end`; NaN: unknown."""
Deviations = Callable[[NDArray, NDArray], NDArray]
"""(fits, rows), shape (m,) each -> deviation forecast for the h sessions after a row, shape (m,)."""


def har_fhs_widths(history: History, horizons: Horizons, params: Volatility) -> dict[str, NDArray]:
    """p90 - p50 of HAR with symmetric FHS; shape (n,) by horizon.

    One regression per block and horizon, intercept included: log of the mean range variance of the next h
    sessions on the logs of its means over the last `har_lags` sessions.
    """
    ranges = variance.floored(history.ranges, params.range_floor_frac)
    # A constant near the root's own level shifts both sides alike and keeps the equations well conditioned.
    level = np.log(variance.expanding_mean(ranges)[min(params.warm_up_sessions, len(ranges)) - 1])
    design = np.column_stack([np.log(variance.trailing_mean(ranges, lag)) - level for lag in params.har_lags])
    sums = variance.RunningSums(design)
    folds = wanted_blocks(history, params.refit_months)
    return {
        name: _har_width(history.returns, ranges, sums, level, folds, sessions, params)
        for name, sessions in horizons.items()
    }


def gjr_fhs_widths(
    history: History, horizons: Horizons, coefficients: Mapping[str, NDArray], params: Volatility
) -> dict[str, NDArray]:
    """p90 - p50 of GJR-GARCH-t with symmetric FHS; shape (n,) by horizon.

    Parameters
    ----------
    coefficients : fold_id -> (4,), as `ml.volatility.gjr_fits` returns them; blocks without have no forecast.
    """
    n = len(history.returns)
    folds = [
        fold for fold in wanted_blocks(history, params.garch_refit_months) if fold.fold_id in coefficients
    ]
    if not folds:
        return {name: np.full(n, np.nan) for name in horizons}
    fits = [Gjr(*coefficients[fold.fold_id].tolist()) for fold in folds]
    start = variance.expanding_mean(history.returns**2)[min(params.warm_up_sessions, n - 1)]
    daily = garch_variance.gjr_variances(history.returns[: folds[-1].stop], fits, start)
    daily[:, : params.warm_up_sessions] = np.nan  # their own mean square started the filter
    return {
        name: _gjr_width(history.returns, daily, fits, folds, sessions, params)
        for name, sessions in horizons.items()
    }


def symmetric_width(
    realised: NDArray,
    folds: Sequence[Block],
    sessions: int,
    sizes: Sizes,
    deviations: Deviations,
    params: Volatility,
) -> NDArray:
    """p90 - p50 by block: 90 % point of matured returns over their deviations, both signs, times today's.

    Parameters
    ----------
    realised : shape (n,), return over the h sessions after each row; NaN where that or its size is unknown.
    folds : blocks to forecast, each by the fit at its place.

    Returns
    -------
    shape (n,); NaN outside the blocks and before `fhs_min_sessions` matured returns.
    """
    known = np.concatenate([[0], np.cumsum(~np.isnan(realised))])
    matured = [max(fold.start - sessions, 0) for fold in folds]
    answered = [fit for fit, end in enumerate(matured) if known[end] >= params.fhs_min_sessions]
    neighbours, shares, near = [], [], EVERYWHERE
    for fit in answered:
        end = matured[fit]
        standing = (known[end] - 1) * TWO_SIDED
        place = math.floor(standing)
        size = sizes(fit, end)
        pair = rows_at(size, place, min(place + 1, known[end] - 1), near)
        near = (size[pair[0]] - SLACK, size[pair[1]] + SLACK)
        neighbours.append(pair)
        shares.append(standing - place)
    width = np.full(len(realised), np.nan)
    if answered:
        fits = np.array(answered)
        below, above = (np.abs(realised[rows]) / deviations(fits, rows) for rows in np.array(neighbours).T)
        points = _between(below, above, np.array(shares))
        lengths = [folds[fit].stop - folds[fit].start for fit in answered]
        rows = np.concatenate([np.arange(folds[fit].start, folds[fit].stop) for fit in answered])
        width[rows] = np.repeat(points, lengths) * deviations(np.repeat(fits, lengths), rows)
    return width


def rows_at(values: NDArray, place: int, following: int, near: tuple[float, float]) -> tuple[int, int]:
    """Rows of the values at two neighbouring places in ascending order, counted from 0; NaNs stand last.

    Parameters
    ----------
    near : bounds between which both are looked for first; any bounds give the same values.
    """
    smaller = values < near[0]
    rows = np.greater(values <= near[1], smaller).nonzero()[0]
    below = np.count_nonzero(smaller)
    if place < below or following >= below + len(rows):
        rows, below = np.arange(len(values)), 0
    order = values[rows].argpartition((place - below, following - below))
    return int(rows[order[place - below]]), int(rows[order[following - below]])


def _between(below: NDArray, above: NDArray, share: NDArray) -> NDArray:
    """The value a share of the way from `below` to `above`, rounded as by `np.quantile`."""
    step = above - below
    return np.where(share < 0.5, below + step * share, above - step * (1 - share))


def _har_width(
    returns: NDArray,
    ranges: NDArray,
    sums: variance.RunningSums,
    level: float,
    folds: Sequence[Block],
    sessions: int,
    params: Volatility,
) -> NDArray:
    outcome = np.log(variance.ahead(variance.trailing_mean(ranges, sessions), sessions)) - level
    moments = sums.moments_before(outcome, [fold.start - sessions for fold in folds])
    fitted = moments[:, 0, 0] >= params.fhs_min_sessions
    if not fitted.any():
        return np.full(len(ranges), np.nan)
    coefficients = variance.least_squares(moments[fitted])
    realised = np.where(sums.known, variance.horizon_return(returns, sessions), np.nan)
    with np.errstate(divide="ignore"):  # a return of zero is the smallest there is
        columns = np.vstack([2 * np.log(np.abs(realised)), -sums.columns[1:]])

    def sizes(fit: int, end: int) -> NDArray:
        return np.einsum("k,kn->n", np.concatenate([[1.0], coefficients[fit, 1:]]), columns[:, :end])

    def deviations(fits: NDArray, rows: NDArray) -> NDArray:
        return np.sqrt(sessions * np.exp(variance.fitted(sums.design[rows], coefficients[fits]) + level))

    answered = [fold for fold, enough in zip(folds, fitted, strict=True) if enough]
    return symmetric_width(realised, answered, sessions, sizes, deviations, params)


def _gjr_width(
    returns: NDArray,
    daily: NDArray,
    fits: Sequence[Gjr],
    folds: Sequence[Block],
    sessions: int,
    params: Volatility,
) -> NDArray:
    terms = np.array([garch_variance.horizon_terms(gjr, sessions) for gjr in fits])
    realised = variance.horizon_return(returns, sessions)
    known = np.zeros(len(returns), dtype=bool)
    known[: daily.shape[1]] = ~np.isnan(daily[0])
    realised = np.where(known, realised, np.nan)
    squares = realised**2

    def sizes(fit: int, end: int) -> NDArray:
        return squares[:end] / garch_variance.horizon_variance(daily[fit, :end], *terms[fit])

    def deviations(chosen: NDArray, rows: NDArray) -> NDArray:
        return np.sqrt(garch_variance.horizon_variance(daily[chosen, rows], *terms[chosen].T))

    return symmetric_width(realised, folds, sessions, sizes, deviations, params)
