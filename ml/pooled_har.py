"""One HAR regression over all roots: the pooled member of the volatility pool.

ZL alone has too few independent windows to learn how variance reverts over half a year; 31 roots have several
times as many, once each is measured against its own long-run mean.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml import variance
from ml.histories import History, anchors, in_force
from ml.params import Volatility


@dataclass(frozen=True, eq=False)
class View:
    """One history as the regression sees it, and its sums up to every anchor.

    `design` (n, k) is in logs relative to the root's long-run mean range variance so far; `level` (n,) is its
    mean squared return so far. `training` (k + 2, m) holds one, design and outcome of the rows a regression
    can use. `ends` is the first row an anchor's fit leaves out, `moments` the sums before it. `firsts` is the
    first row an anchor answers for, its last entry the number of rows.
    """

    design: NDArray
    level: NDArray
    training: NDArray
    ends: NDArray
    moments: NDArray
    firsts: NDArray


Answer = Callable[[Sequence[View], int, Sequence[NDArray]], list[NDArray]]
"""(views known, place of the anchor, rows asked of each view) -> daily variance of those rows."""


def pooled_har_variance(
    histories: Sequence[History], horizons: Mapping[str, int], params: Volatility
) -> dict[str, list[NDArray]]:
    """Daily variance over the next h sessions, shape (n,) by horizon and history; NaN: not wanted or known.

    Log mean range variance of the next h sessions on those of the last `pooled_lags`. The forecast is
    exp(line), times the mean of exp(residual) over the training rows (the log of a mean is not the mean of
    logs), times the root's mean squared return so far: ranges tell how the variance moves, daily squares how
    high it stands.

    Fitted per anchor on all roots, each purged on its own axis; once more within a block if an edition opens
    there.
    """
    dates = anchor_dates(histories, params)
    views = [_views(history, dates, horizons, params) for history in histories]
    return {
        name: answered_by_anchor(histories, [of[name] for of in views], params, _answer) for name in horizons
    }


def anchor_dates(histories: Sequence[History], params: Volatility) -> NDArray:
    """First days of all blocks any history has a session in; sorted."""
    return np.unique(np.concatenate([anchors(history.dates, params.refit_months) for history in histories]))


class Regressors:
    """One history's design (n, k) with all that its views of several horizons share."""

    def __init__(self, history: History, dates: NDArray, design: NDArray):
        self.design = design
        self.level = variance.expanding_mean(history.returns**2)
        self.firsts = np.append(np.searchsorted(history.dates, dates), len(history.dates))
        self.sums = variance.RunningSums(design)

    def view(self, sessions: int, outcome: NDArray) -> View:
        """The view whose fits, one per anchor date, leave out what ends in their block or later."""
        firsts = self.firsts[:-1]
        ends = np.maximum(firsts - sessions, 0)
        trained = self.sums.known & ~np.isnan(outcome)
        columns = np.vstack([self.sums.columns, outcome])
        return View(
            design=self.design,
            level=self.level,
            training=np.compress(trained, columns, axis=1),  # rows of it lie together
            ends=ends,
            moments=self.sums.moments_before(outcome, ends),
            firsts=self.firsts,
        )


def answered_by_anchor(
    histories: Sequence[History], views: Sequence[View], params: Volatility, answer: Answer
) -> list[NDArray]:
    """Daily variance of the wanted sessions, shape (n,) per history, each answered by its anchor's fit.

    A fit sees the editions in force when the session closed. No anchor answers before one root has
    `pooled_min_sessions` training rows.
    """
    daily = [np.full(len(history.dates), np.nan) for history in histories]
    openings = sorted({history.edition_at for history in histories})
    for opening, following in zip(openings, [*openings[1:], None], strict=True):
        known = in_force(histories, opening)
        asked = [np.flatnonzero(_closed_between(histories[place], opening, following)) for place in known]
        bounds = [
            np.searchsorted(rows, views[place].firsts) for place, rows in zip(known, asked, strict=True)
        ]
        longest = np.max([views[place].moments[:, 0, 0] for place in known], axis=0)
        answering = np.any([np.diff(each) > 0 for each in bounds], axis=0)
        for anchor in np.flatnonzero(answering & (longest >= params.pooled_min_sessions)).tolist():
            rows = [each[at[anchor] : at[anchor + 1]] for each, at in zip(asked, bounds, strict=True)]
            answers = answer([views[place] for place in known], anchor, rows)
            for place, chosen, found in zip(known, rows, answers, strict=True):
                daily[place][chosen] = found
    return daily


def _views(
    history: History, dates: NDArray, horizons: Mapping[str, int], params: Volatility
) -> dict[str, View]:
    ranges = variance.floored(history.ranges, params.range_floor_frac)
    long_run = np.log(variance.expanding_mean(ranges))
    design = np.column_stack(
        [np.log(variance.trailing_mean(ranges, lag)) - long_run for lag in params.pooled_lags]
    )
    regressors = Regressors(history, dates, design)

    def outcome(sessions: int) -> NDArray:
        return np.log(variance.ahead(variance.trailing_mean(ranges, sessions), sessions)) - long_run

    return {name: regressors.view(sessions, outcome(sessions)) for name, sessions in horizons.items()}


def _answer(views: Sequence[View], anchor: int, rows: Sequence[NDArray]) -> list[NDArray]:
    coefficients, jensen = _fit(views, anchor)
    return [
        np.exp(variance.fitted(view.design[chosen], coefficients)) * jensen * view.level[chosen]
        for view, chosen in zip(views, rows, strict=True)
    ]


def _fit(views: Sequence[View], anchor: int) -> tuple[NDArray, float]:
    """Coefficients of one anchor, and the mean of exp(residual) over its training rows."""
    coefficients = variance.least_squares(sum(view.moments[anchor] for view in views))
    total, count = 0.0, 0
    for view in views:
        trained = int(view.moments[anchor, 0, 0])
        line = np.einsum("k,kn->n", coefficients, view.training[:-1, :trained])
        total += float(np.sum(np.exp(view.training[-1, :trained] - line)))
        count += trained
    return coefficients, total / count


def _closed_between(history: History, opening: np.datetime64, following: np.datetime64 | None) -> NDArray:
    before = True if following is None else history.published_at < following
    return history.wanted & (history.published_at >= opening) & before
