"""Daily variance of one instrument, session by session: recursions, range variance and least squares.

Arrays run over sessions, oldest first. Row t of every result depends on rows up to t only, and on them in an
order that does not change when rows are added behind t: the same bits whether history ends at t or years
later. So sums are cumulated from the first session on, and a regression line is added up column by column (a
matrix product rounds its last rows differently when rows are added).
"""

import math
from collections.abc import Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

PARKINSON = 4 * math.log(2)
"""Mean squared log range of a driftless Brownian day over its variance (Parkinson 1980)."""


def range_variance(open_: NDArray, high: NDArray, low: NDArray, previous_close: NDArray) -> NDArray:
    """Variance of each session from its range and its opening gap: ln(H/L)^2 / (4 ln 2) + ln(O/C_-1)^2.

    Parameters
    ----------
    open_, high, low, previous_close : shape (n,)
        Prices; `previous_close` is NaN where the preceding session belongs to another contract. Such a
        session's return starts at its own open (a roll has no gap), so its variance has no gap either.

    Returns
    -------
    shape (n,), squared log units; NaN where a price is not positive.
    """
    gap_known = ~np.isnan(previous_close)
    positive = (open_ > 0) & (high > 0) & (low > 0) & (~gap_known | (previous_close > 0))
    one = np.ones_like(open_)
    log_range = np.log(np.where(positive, high, one) / np.where(positive, low, one))
    gap = np.log(
        np.where(positive & gap_known, open_, one) / np.where(positive & gap_known, previous_close, one)
    )
    return np.where(positive, log_range**2 / PARKINSON + gap**2, np.nan)


def floored(ranges: NDArray, floor_frac: float) -> NDArray:
    """Range variances, at least `floor_frac` of their mean so far: a session at one price has no log.

    NaN while the mean so far is 0: until a price has moved, nothing is known of its variance.
    """
    floor = floor_frac * expanding_mean(ranges)
    return np.maximum(ranges, np.where(floor > 0, floor, np.nan))


def ewma_variance(returns: NDArray, decay: float, warm_up: int, winsor_sd: float = math.inf) -> NDArray:
    """Exponentially weighted variance of the next session: s2 <- decay * s2 + (1 - decay) * r^2.

    Parameters
    ----------
    returns : shape (n,)
        Log returns; a NaN changes nothing (the variance is carried).
    decay : weight of the past (0.94 in RiskMetrics, 1996).
    warm_up : number of first returns whose mean square starts the recursion.
    winsor_sd : |r| counts for at most this many of the standard deviations in force before it.

    Returns
    -------
    shape (n,), squared log units, known at the session's close; NaN before `warm_up` returns.
    """
    present = ~np.isnan(returns)
    squares = returns[present] ** 2
    if len(squares) < warm_up:
        return np.full(len(returns), np.nan)
    fresh, cut = 1 - decay, winsor_sd * winsor_sd

    def winsorised(current: float, square: float) -> float:
        limit = cut * current
        return decay * current + fresh * (square if square < limit else limit)

    def plain(current: float, part: float) -> float:
        return decay * current + part

    first = sum(squares[:warm_up].tolist()) / warm_up
    coming = squares[warm_up:]
    if math.isinf(winsor_sd):
        walk = accumulate((fresh * coming).tolist(), plain, initial=first)
    else:
        walk = accumulate(coming.tolist(), winsorised, initial=first)
    known = np.concatenate([np.full(warm_up, np.nan), list(walk)])
    return known[np.cumsum(present)]


def expanding_mean(values: NDArray) -> NDArray:
    """Mean of all values so far, NaNs left out; shape (n,), NaN before the first value."""
    present = ~np.isnan(values)
    count = np.cumsum(present)
    total = np.cumsum(np.where(present, values, 0.0))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def trailing_mean(values: NDArray, window: int) -> NDArray:
    """Mean of the last `window` values, today included; NaN below half the window or before it is full."""
    present = ~np.isnan(values)
    mean = np.full(len(values), np.nan)
    if len(values) < window:
        return mean
    count = _window_sum(present.astype(np.float64), window)
    total = _window_sum(np.where(present, values, 0.0), window)
    mean[window - 1 :] = np.where(2 * count >= window, total / np.maximum(count, 1), np.nan)
    return mean


def horizon_return(returns: NDArray, sessions: int) -> NDArray:
    """Sum of the next `sessions` returns of each row; NaN if one is missing and in the last `sessions` rows.

    Row t is known at the close of row t + `sessions`, not before.
    """
    total = np.full(len(returns), np.nan)
    if len(returns) > sessions:
        present = ~np.isnan(returns)
        complete = _window_sum(present.astype(np.float64), sessions) == sessions
        summed = _window_sum(np.where(present, returns, 0.0), sessions)
        total[:-sessions] = np.where(complete, summed, np.nan)[1:]
    return total


def ahead(values: NDArray, sessions: int) -> NDArray:
    """Row t gets the value of row t + `sessions`; the last rows get NaN."""
    shifted = np.full(len(values), np.nan)
    shifted[: max(len(values) - sessions, 0)] = values[sessions:]
    return shifted


class RunningSums:
    """Sums of products of one design's columns, intercept included, so far: several outcomes share them.

    Parameters
    ----------
    design : shape (n, k); rows with a NaN are left out.
    """

    def __init__(self, design: NDArray):
        self.design = design
        self.known = ~np.isnan(design).any(axis=1)
        self.columns = np.where(self.known, np.vstack([np.ones(len(design)), design.T]), 0.0)
        self.places = np.triu_indices(len(self.columns))
        self.squares = self._squares(self.columns)

    def _squares(self, columns: NDArray) -> list[NDArray]:
        return [
            _running_sum(columns[left] * columns[right]) for left, right in zip(*self.places, strict=True)
        ]

    def moments_before(self, outcome: NDArray, ends: Sequence[int]) -> NDArray:
        """Sums [X'X | X'y] of a regression with intercept over rows before each end.

        Parameters
        ----------
        outcome : shape (n,); rows with a NaN are left out.
        ends : first row left out, one per fit; negative counts as 0.

        Returns
        -------
        shape (len(ends), k + 1, k + 2); entry [0, 0] is the number of rows.
        """
        stops = np.maximum(np.asarray(ends, dtype=int), 0)
        missing = np.isnan(outcome)
        columns, squares = self.columns, self.squares
        if (missing & self.known)[: stops.max(initial=0)].any():
            columns = np.where(missing, 0.0, self.columns)
            squares = self._squares(columns)
        width = len(columns)
        moments = np.zeros((len(stops), width, width + 1))
        for left, right, running in zip(*self.places, squares, strict=True):
            moments[:, left, right] = moments[:, right, left] = running[stops]
        used = np.where(missing, 0.0, outcome)
        for place, column in enumerate(columns):
            moments[:, place, width] = _running_sum(column * used)[stops]
        return moments


def least_squares(moments: NDArray) -> NDArray:
    """Coefficients (intercept first) that solve the normal equations of [X'X | X'y]; shape (..., k + 1)."""
    return np.linalg.solve(moments[..., :-1], moments[..., -1:])[..., 0]


def fitted(design: NDArray, coefficients: NDArray) -> NDArray:
    """Regression line, intercept first, added up column by column; shape (n,).

    Parameters
    ----------
    design : shape (n, k).
    coefficients : shape (k + 1,), or (n, k + 1) where rows have coefficients of their own.
    """
    intercept, *slopes = coefficients.T
    line = np.full(len(design), intercept)
    for column, slope in zip(design.T, slopes, strict=True):
        line += slope * column
    return line


def _running_sum(values: NDArray) -> NDArray:
    """Sum of the values before each row and before the end; shape (n + 1,)."""
    running = np.zeros(len(values) + 1)
    np.cumsum(values, out=running[1:])
    return running


def _window_sum(values: NDArray, window: int) -> NDArray:
    running = _running_sum(values)
    return running[window:] - running[:-window]
