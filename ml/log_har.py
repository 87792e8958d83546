"""Each root's own HAR on mean log ranges, drawn to that of all roots: half of the volatility blend.

Logs of daily ranges are close to normal (Alizadeh, Brandt and Diebold 2002), so their means are read with the
least noise, and one wild session does not stand in a month's mean for a month. A root has its own pace of
reversion, but too few independent windows to learn it alone: its own sums are added to a fixed number of
windows of the panel's (partial pooling).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ml import variance
from ml.histories import History
from ml.params import Volatility
from ml.pooled_har import Answer, Regressors, View, anchor_dates, answered_by_anchor


@dataclass(frozen=True, eq=False)
class LogView(View):
    """`excess` (anchors, 1, 2): number and sum of log mean less mean log of matured windows, by anchor."""

    excess: NDArray


def log_har_variance(
    histories: Sequence[History], horizons: Mapping[str, int], params: Volatility
) -> dict[str, list[NDArray]]:
    """Daily variance over the next h sessions, shape (n,) by horizon and history; NaN: not wanted or known.

    Mean log range variance of the next h sessions on those of the last `pooled_lags`, relative to the log of
    the root's mean so far. A root's coefficients solve its own normal equations plus those of
    `own_root_prior_windows` windows of h sessions of the average root. The forecast is exp(line + excess)
    times the root's mean squared return so far; `excess`, what the log of a window's mean exceeds the mean of
    its logs by, is averaged over all roots.

    Fitted, purged and refitted as `ml.pooled_har.pooled_har_variance`.
    """
    dates = anchor_dates(histories, params)
    views = [_views(history, dates, horizons, params) for history in histories]
    return {
        name: answered_by_anchor(
            histories, [of[name] for of in views], params, _answer(params.own_root_prior_windows * sessions)
        )
        for name, sessions in horizons.items()
    }


def _answer(prior_rows: int) -> Answer:
    def answer(known: Sequence[LogView], anchor: int, rows: Sequence[NDArray]) -> list[NDArray]:
        pooled = sum(view.moments[anchor] for view in known)
        prior = pooled * (prior_rows / pooled[0, 0])
        excess = variance.least_squares(sum(view.excess[anchor] for view in known))[0]
        coefficients = variance.least_squares(np.stack([view.moments[anchor] + prior for view in known]))
        return [
            np.exp(variance.fitted(view.design[chosen], own) + excess) * view.level[chosen]
            for view, chosen, own in zip(known, rows, coefficients, strict=True)
        ]

    return answer


def _views(
    history: History, dates: NDArray, horizons: Mapping[str, int], params: Volatility
) -> dict[str, LogView]:
    ranges = variance.floored(history.ranges, params.range_floor_frac)
    logs, long_run = np.log(ranges), np.log(variance.expanding_mean(ranges))
    design = np.column_stack([variance.trailing_mean(logs, lag) - long_run for lag in params.pooled_lags])
    regressors, alone = Regressors(history, dates, design), variance.RunningSums(np.empty((len(logs), 0)))

    def view(sessions: int) -> LogView:
        coming = variance.ahead(variance.trailing_mean(logs, sessions), sessions)
        log_mean = np.log(variance.ahead(variance.trailing_mean(ranges, sessions), sessions))
        view = regressors.view(sessions, coming - long_run)
        return LogView(**vars(view), excess=alone.moments_before(log_mean - coming, view.ends))

    return {name: view(sessions) for name, sessions in horizons.items()}
