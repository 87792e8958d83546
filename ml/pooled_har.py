"""One HAR regression over all roots: the pooled member of the volatility pool.

ZL alone has too few independent windows to learn how variance reverts over half a year; 31 roots have several
times as many, once each is measured against its own long-run mean.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml import variance
from ml.histories import History, blocks, in_force
from ml.params import Volatility


@dataclass(frozen=True, eq=False)
class View:
    """One history as the regression sees it, and its sums up to every anchor.

    `design` (n, k) and `outcome` (n,) are logs relative to the root's long-run mean range variance so far;
    `level` (n,) is its mean squared return so far. `ends` is the first row an anchor's fit leaves out,
    `moments` the sums before it. `block` (n,) is the place of the session's anchor.
    """

    design: NDArray
    outcome: NDArray
    level: NDArray
    ends: NDArray
    moments: NDArray
    block: NDArray


Answer = Callable[[Sequence[View], int, Sequence[NDArray]], list[NDArray]]
"""(views known, place of the anchor, rows asked of each view) -> daily variance of those rows."""


def pooled_har_variance(histories: Sequence[History], sessions: int, params: Volatility) -> list[NDArray]:
    """Daily variance over the next h sessions, shape (n,) per history; NaN where not wanted or not known.

    Log mean range variance of the next h sessions on those of the last `pooled_lags`. The forecast is
    exp(line), times the mean of exp(residual) over the training rows (the log of a mean is not the mean of
    logs), times the root's mean squared return so far: ranges tell how the variance moves, daily squares how
    high it stands.

    Fitted per anchor on all roots, each purged on its own axis; once more within a block if an edition opens
    there.
    """
    dates = anchor_dates(histories, params)
    views = [_view(history, dates, sessions, params) for history in histories]
    return answered_by_anchor(histories, views, params, _answer)


def anchor_dates(histories: Sequence[History], params: Volatility) -> NDArray:
    """First days of all blocks any history has a session in; sorted."""
    anchors = {block.fold_id for history in histories for block in blocks(history.dates, params.refit_months)}
    return np.array(sorted(anchors), dtype="datetime64[D]")


def view_of(history: History, anchors: NDArray, sessions: int, design: NDArray, outcome: NDArray) -> View:
    """The view whose fits leave out what ends in their block or later."""
    ends = np.maximum(np.searchsorted(history.dates, anchors) - sessions, 0)
    return View(
        design=design,
        outcome=outcome,
        level=variance.expanding_mean(history.returns**2),
        ends=ends,
        moments=variance.moments_before(design, outcome, ends),
        block=np.searchsorted(anchors, history.dates, side="right") - 1,
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
        asked = {place: _closed_between(histories[place], opening, following) for place in known}
        for anchor in range(len(views[0].ends)):
            rows = [np.nonzero(asked[place] & (views[place].block == anchor))[0] for place in known]
            longest = max(views[place].moments[anchor, 0, 0] for place in known)
            if longest < params.pooled_min_sessions or not any(map(len, rows)):
                continue
            answers = answer([views[place] for place in known], anchor, rows)
            for place, chosen, found in zip(known, rows, answers, strict=True):
                daily[place][chosen] = found
    return daily


def _view(history: History, anchors: NDArray, sessions: int, params: Volatility) -> View:
    ranges = variance.floored(history.ranges, params.range_floor_frac)
    long_run = np.log(variance.expanding_mean(ranges))
    design = np.column_stack(
        [np.log(variance.trailing_mean(ranges, lag)) - long_run for lag in params.pooled_lags]
    )
    outcome = np.log(variance.ahead(variance.trailing_mean(ranges, sessions), sessions)) - long_run
    return view_of(history, anchors, sessions, design, outcome)


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
        end = view.ends[anchor]
        residual = view.outcome[:end] - variance.fitted(view.design[:end], coefficients)
        residual = residual[~np.isnan(residual)]
        total += float(np.sum(np.exp(residual)))
        count += len(residual)
    return coefficients, total / count


def _closed_between(history: History, opening: np.datetime64, following: np.datetime64 | None) -> NDArray:
    before = True if following is None else history.published_at < following
    return history.wanted & (history.published_at >= opening) & before
