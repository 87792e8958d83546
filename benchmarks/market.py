"""What every peer is given: daily returns, targets and covariates up to its last origin, and nothing later.

All of it comes from the served database. Daily returns are not served, but they follow from what is: the sum
of the next 21 returns less four sums of 5, end to end, is the 21st return alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.histories import blocks
from zl.served import Served, ServedError

FORECAST = ["as_of_date", "horizon", "p10_log", "p50_log", "p90_log"]
# Those of `ml.params` (a test holds them to it), written here since what a peer has stored is known by the
# code of this file: imported, other levels would find forecasts of the old ones.
QUANTILE_LEVELS = (0.1, 0.5, 0.9)
# The project's own scores begin here; from then on every STEP-th session is an origin.
STEP_SESSIONS = 5
# Log of the index all price paths begin at: positive, as methods for price levels expect.
LOG_START = np.log(100.0)

TARGETS_QUERY = """
select as_of_date, horizon, horizon_sessions, session_index, actual_log
from training.targets
order by horizon_sessions, session_index
"""

MATRIX_QUERY = "select * from features.daily_ml_matrix order by as_of_date"

SERVED_QUERY = """
select model_name, as_of_date, horizon, p10_log, p50_log, p90_log from training.bucket_predictions
union all by name
select model_name, as_of_date, horizon, p10_log, p50_log, p90_log from training.stacked_predictions
union all by name
select 'ensemble' as model_name, as_of_date, horizon, p10_log, p50_log, p90_log
from forecasts.zl_predictions
order by model_name, as_of_date, horizon
"""


class Refit(NamedTuple):
    """One fit: it may know sessions [0, start) and answers for the places in `origins`, all >= start."""

    start: int
    origins: NDArray


@dataclass(frozen=True, eq=False)
class Market:
    """Valid sessions of one instrument, oldest first; arrays of shape (n,).

    `returns` are roll-neutral daily log returns (the first is NaN), `covariates` the numbers known at each
    close, `origins` the places of the sessions to forecast from, ascending, `horizons` sessions by name.
    """

    dates: NDArray
    returns: NDArray
    covariates: pd.DataFrame
    horizons: dict[str, int]
    origins: NDArray

    @property
    def log_price(self) -> NDArray:
        """Log of the roll-neutral price index at each close; it begins at 100, where there is no return yet.

        Raises
        ------
        ValueError
            A later session has no return: an index over the hole would be a guess.
        """
        missing = np.flatnonzero(np.isnan(self.returns[1:])) + 1
        if len(missing):
            raise ValueError(f"The session of {self.dates[missing[0]]} has no return.")
        return LOG_START + np.cumsum(np.where(np.isnan(self.returns), 0.0, self.returns))

    def target(self, horizon: str) -> NDArray:
        """Log return of the next h sessions; NaN where it ends after the last session."""
        h, price = self.horizons[horizon], self.log_price
        target = np.full(len(price), np.nan)
        target[: len(price) - h] = price[h:] - price[:-h]
        return target

    def training_rows(self, horizon: str, start: int) -> slice:
        """Rows whose target has ended before session `start`: h are purged.

        x x x x . . y y y      x train   . purged   y from `start` on
        """
        return slice(0, max(start - self.horizons[horizon], 0))

    def refits(self, months: int) -> Iterator[Refit]:
        """Fits every `months` months from 2000-01-01, those that have an origin to answer for."""
        for block in blocks(self.dates, months):
            own = self.origins[(self.origins >= block.start) & (self.origins < block.stop)]
            if len(own):
                yield Refit(block.start, own)

    def until(self, origins: NDArray) -> Market:
        """The market as the last of `origins` knows it, with these origins to answer for."""
        stop = origins[-1] + 1
        return Market(
            self.dates[:stop],
            self.returns[:stop],
            self.covariates.iloc[:stop],
            self.horizons,
            np.asarray(origins),
        )

    def forecasts(self, horizon: str, origins: NDArray, quantiles: NDArray) -> pd.DataFrame:
        """Columns `FORECAST`, one row per origin, from log-return quantiles of shape (len(origins), 3)."""
        frame = pd.DataFrame(np.asarray(quantiles, dtype=float), columns=FORECAST[2:])
        frame.insert(0, "as_of_date", self.dates[origins])
        frame.insert(1, "horizon", horizon)
        return frame


def daily_returns(targets: pd.DataFrame, horizons: dict[str, int]) -> NDArray:
    """Daily log returns by session from sums of the next a and b returns, where b = k * a + 1; shape (n,).

    r[t + b] = sum_b[t] - sum_a[t] - sum_a[t + a] - ... - sum_a[t + (k - 1) a]. The returns before session
    b + 1 follow backwards from the sums that begin there.

    Parameters
    ----------
    targets : as_of_date x horizon, one column a horizon, log returns, NaN until matured.
    horizons : sessions of each column.

    Raises
    ------
    ServedError
        No pair of horizons gives single sessions, or a session between others has no target.
    """
    pairs = [(a, b) for a in horizons.values() for b in horizons.values() if a < b and b % a == 1]
    if not pairs:
        raise ServedError(
            f"Daily returns do not follow from targets of {', '.join(map(str, horizons.values()))} sessions: "
            "one has to be a multiple of another and one session more, as 21 of 5."
        )
    a, b = min(pairs)
    short, long = (
        targets[next(name for name, sessions in horizons.items() if sessions == s)].to_numpy(dtype=float)
        for s in (a, b)
    )
    n = len(targets)
    returns = np.full(n, np.nan)
    for place in range(b, n):
        returns[place] = long[place - b] - short[place - b : place : a][: b // a].sum()
    for place in range(b - 1, 0, -1):
        # The sum from place - 1 covers place .. place + a - 1.
        returns[place] = short[place - 1] - returns[place + 1 : place + a].sum()
    holes = np.flatnonzero(np.isnan(returns[1:])) + 1
    if len(holes):
        raise ServedError(
            f"training.targets: the return of {pd.Timestamp(targets.index[holes[0]]):%Y-%m-%d} does not "
            f"follow from the targets before it; {len(holes)} sessions are concerned."
        )
    return returns


def read_market(served: Served) -> Market:
    """The market of a served database; origins are every 5th session of the ensemble's forecasts.

    Raises
    ------
    ServedError
        Tables of another version of the project, or targets from which daily returns do not follow.
    """
    rows = pd.DataFrame(served.rows(TARGETS_QUERY))
    by_name = rows.drop_duplicates("horizon").set_index("horizon")["horizon_sessions"].to_dict()
    horizons = {name: int(sessions) for name, sessions in by_name.items()}
    targets = rows.pivot(index="as_of_date", columns="horizon", values="actual_log")
    matrix = pd.DataFrame(served.rows(MATRIX_QUERY)).set_index("as_of_date").reindex(targets.index)
    numbers = matrix.drop(columns=["as_of_at", "run_id"], errors="ignore")
    covariates = numbers.apply(pd.to_numeric).astype(float).reset_index(drop=True)
    first = served.rows("select min(as_of_date) as first from forecasts.zl_predictions")[0]["first"]
    start = int(np.searchsorted(pd.to_datetime(targets.index), pd.Timestamp(first)))
    return Market(
        dates=pd.to_datetime(targets.index).to_numpy().astype("datetime64[D]"),
        returns=daily_returns(targets, horizons),
        covariates=covariates,
        horizons=horizons,
        origins=np.arange(start, len(targets), STEP_SESSIONS),
    )


def read_forecasts(served: Served) -> pd.DataFrame:
    """Every served forecaster's rows: model_name and the columns `FORECAST`."""
    rows = pd.DataFrame(served.rows(SERVED_QUERY))
    return rows.assign(as_of_date=pd.to_datetime(rows["as_of_date"]))
