"""Keys the sample delivers twice: revisions and repeated deliveries."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Revision:
    """A key delivered twice: `change` maps the first row's values to the later ones; empty means the same
    values again.

    `first_ingested_at` is set when the first delivery was a live pull, so that the revision falls inside
    the history.
    """

    table: str
    key: dict[str, object]
    change: dict[str, Callable[[float], float]]
    ingested_at: datetime
    first_ingested_at: datetime | None = None


def plus(amount: float) -> Callable[[float], float]:
    """Adds, and keeps five decimals."""
    return lambda value: round(value + amount, 5)


SECOND_LOAD = datetime(2024, 7, 1, 12)


def revision(table: str, change: dict, pulled: datetime | None, again: datetime, **key) -> Revision:
    """Shorthand for the list below."""
    return Revision(table, key, change, again, pulled)


REVISIONS: tuple[Revision, ...] = (
    # live pulls inside the history: known at their first release rule, then again at the second pull
    *(
        revision(
            "fred/observations",
            {"value": plus(0.15)},
            datetime(2022, 11, 22, 6),
            datetime(2023, 1, 17, 6),
            series_id="DTWEXBGS",
            observation_date=date(2022, 11, day),
        )
        for day in (14, 15, 16)
    ),
    revision(
        "fred/observations",
        {"value": plus(-17.0)},
        datetime(2023, 4, 10, 6),
        datetime(2023, 5, 8, 6),
        series_id="PAYEMS",
        observation_date=date(2023, 3, 1),
    ),
    revision(
        "usda/nass_crush",
        {"oil_stock_1000lb": plus(6000.0)},
        datetime(2022, 11, 2, 6),
        datetime(2023, 1, 4, 6),
        month=date(2022, 9, 1),
    ),
    revision(
        "databento/ohlcv_1d",
        {"close": plus(0.3), "high": plus(0.3)},
        datetime(2023, 3, 15, 6),
        datetime(2023, 3, 21, 6),
        symbol="ZM",
        trade_date=date(2023, 3, 14),
    ),
    # after the bulk load: known to no session of the sample
    *(
        revision(
            "fred/observations",
            {"value": plus(0.004)},
            None,
            SECOND_LOAD,
            series_id="NFCI",
            observation_date=date(2024, 6, day),
        )
        for day in (7, 14)
    ),
    revision(
        "fred/observations",
        {"value": plus(-25.0)},
        None,
        SECOND_LOAD,
        series_id="PAYEMS",
        observation_date=date(2024, 4, 1),
    ),
    revision(
        "usda/nass_crush",
        {"soybeans_crushed_tons": plus(4000.0)},
        None,
        SECOND_LOAD,
        month=date(2024, 3, 1),
    ),
    # the same values again
    *(
        revision("databento/ohlcv_1d", {}, None, SECOND_LOAD, symbol=symbol, trade_date=date(2024, 6, day))
        for symbol in ("ZL", "ZM", "ZS")
        for day in (26, 27, 28)
    ),
    *(
        revision(
            "fred/observations", {}, None, SECOND_LOAD, series_id="DGS10", observation_date=date(2024, 6, day)
        )
        for day in (24, 25, 26)
    ),
    revision(
        "cftc/cot_legacy", {}, None, SECOND_LOAD, report_date=date(2024, 6, 18), cftc_contract_code="007601"
    ),
)


def matching(frame: pd.DataFrame, key: dict[str, object]) -> pd.Index:
    """Index of the rows with that key."""
    mask = np.ones(len(frame), dtype=bool)
    for name, value in key.items():
        wanted = pd.Timestamp(value) if isinstance(value, date) else value
        mask &= (frame[name] == wanted).to_numpy()
    return frame.index[mask]
