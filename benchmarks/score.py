"""Losses of the project and its peers on identical rows.

A forecaster is compared with EWMA and with the ensemble on the rows it has itself, and says how many those
are. Best of the others can only be who answered every row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from benchmarks.market import FORECAST, QUANTILE_LEVELS, STEP_SESSIONS, Market
from ml.comparison import Comparison, loss_comparison
from ml.metrics import pinball_losses, skill

QUANTILES = FORECAST[2:]
PROJECT, BENCHMARK = "ensemble", "ewma"


@dataclass(frozen=True)
class Score:
    """One forecaster at one horizon, on `n_rows` of the `n_asked` rows; losses in log-return units."""

    n_rows: int
    n_asked: int
    loss: float
    project_loss: float
    """The ensemble's, on the same rows."""
    skill: float
    """Against EWMA on the same rows; 0.01 is 1 % less loss."""
    against_benchmark: Comparison
    coverage: float
    n_crossings: int
    """Rows whose quantiles were out of order; they are scored in order."""

    @property
    def is_whole(self) -> bool:
        """Whether every row was answered."""
        return self.n_rows == self.n_asked


@dataclass(frozen=True)
class Best:
    """The ensemble against the forecaster with the lowest loss of those compared, on all rows."""

    model_name: str
    project_loss: float
    loss: float
    comparison: Comparison

    @property
    def gain(self) -> float:
        """Share of the other's loss that the ensemble saves."""
        return skill(self.project_loss, self.loss)


def outcomes(market: Market, horizon: str) -> pd.Series:
    """Realised log returns from the origins, by as-of date; those that have not ended are left out."""
    target = market.target(horizon)[market.origins]
    return pd.Series(target, index=pd.DatetimeIndex(market.dates[market.origins])).dropna()


def row_losses(forecasts: pd.DataFrame, actual: pd.Series, horizon: str) -> pd.DataFrame:
    """Loss, is_inside and is_crossing of each row of `actual` that is answered, by as-of date, in time order.

    Loss is the mean pinball loss of the 10, 50 and 90 % quantiles, put in order first.
    """
    own = forecasts[forecasts["horizon"] == horizon].set_index("as_of_date")[QUANTILES]
    own = own.reindex(actual.index).dropna()
    quantiles, realised = own.to_numpy(dtype=float), actual.loc[own.index].to_numpy()
    ordered = np.sort(quantiles, axis=1)
    return pd.DataFrame(
        {
            "loss": pinball_losses(realised, ordered, np.array(QUANTILE_LEVELS)).mean(axis=1),
            "is_inside": (ordered[:, 0] <= realised) & (realised <= ordered[:, 2]),
            "is_crossing": (np.diff(quantiles, axis=1) < 0).any(axis=1),
        },
        index=own.index,
    )


def horizon_scores(
    forecasts: dict[str, pd.DataFrame], market: Market, horizon: str
) -> tuple[dict[str, Score], dict[str, pd.Series]]:
    """Scores by forecaster, and the losses behind them by as-of date; those without a row are left out.

    Raises
    ------
    ValueError
        The ensemble or EWMA lacks a row: then nothing can be compared.
    """
    actual, h = outcomes(market, horizon), market.horizons[horizon]
    rows = {name: row_losses(frame, actual, horizon) for name, frame in forecasts.items()}
    for name in (PROJECT, BENCHMARK):
        if len(rows[name]) < len(actual):
            raise ValueError(
                f"{name} has {len(rows[name])} of {len(actual)} rows at {horizon}; expected all."
            )
    scores = {}
    for name, own in rows.items():
        if own.empty:
            continue
        benchmark, project = (rows[other]["loss"].loc[own.index] for other in (BENCHMARK, PROJECT))
        scores[name] = Score(
            n_rows=len(own),
            n_asked=len(actual),
            loss=float(own["loss"].mean()),
            project_loss=float(project.mean()),
            skill=skill(float(own["loss"].mean()), float(benchmark.mean())),
            against_benchmark=loss_comparison(own["loss"].to_numpy(), benchmark.to_numpy(), h, STEP_SESSIONS),
            coverage=float(own["is_inside"].mean()),
            n_crossings=int(own["is_crossing"].sum()),
        )
    return scores, {name: own["loss"] for name, own in rows.items()}


def best_other(
    scores: dict[str, Score], losses: dict[str, pd.Series], others: Sequence[str], horizon_sessions: int
) -> Best:
    """The ensemble against the best of `others` with every row; ties go to the name that sorts first."""
    whole = [name for name in others if name in scores and scores[name].is_whole]
    name = min(whole, key=lambda other: (scores[other].loss, other))
    compared = loss_comparison(
        losses[PROJECT].to_numpy(), losses[name].to_numpy(), horizon_sessions, STEP_SESSIONS
    )
    return Best(name, scores[PROJECT].loss, scores[name].loss, compared)
