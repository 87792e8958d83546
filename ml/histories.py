"""What was known of each root when: its editions, and the blocks of sessions one fit answers for.

    x x x x . . y y y      x train   . purged, its return ends in y or later   y block, from its anchor on

Anchors are fixed calendar dates, so that a new day changes no old block. A revision opens a new edition of
its root; every session is forecast from the edition in force at its close.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ml.variance import range_variance

COLUMNS = (
    "symbol",
    "edition_at",
    "trade_date",
    "open",
    "high",
    "low",
    "previous_close",
    "return_log",
    "published_at",
)
INSTANTS = ("edition_at", "trade_date", "published_at")
FIRST_ANCHOR = np.datetime64("2000-01", "M")


@dataclass(frozen=True, eq=False)
class History:
    """One root's valid sessions as one edition knew them, oldest first; arrays of shape (n,).

    `returns` are roll-neutral log returns and `ranges` daily range variances (`ml.variance.range_variance`),
    NaN where unknown. `wanted` marks the sessions that closed while this edition was in force: only they are
    forecast from it.
    """

    symbol: str
    edition_at: np.datetime64
    dates: NDArray
    published_at: NDArray
    returns: NDArray
    ranges: NDArray
    wanted: NDArray


class Block(NamedTuple):
    """Sessions [start, stop) that are forecast by the fit of one anchor; `fold_id` is the anchor's date."""

    fold_id: str
    start: int
    stop: int


def root_histories(bars: pd.DataFrame, excluded: Sequence[str] = ()) -> list[History]:
    """Histories sorted by symbol and edition.

    Parameters
    ----------
    bars : one row per symbol, edition and valid session, as `int_bars__roll_neutral` has them; in any order.
    excluded : symbols left out.

    Raises
    ------
    ValueError
        If a column is missing or a session stands twice in an edition.
    """
    missing = sorted(set(COLUMNS) - set(bars.columns))
    if missing:
        raise ValueError(
            f"int_bars__roll_neutral: column {missing[0]} is missing; found: {', '.join(bars.columns)}."
        )
    bars = bars[~bars["symbol"].isin(excluded)]
    bars = bars.assign(**{name: pd.to_datetime(bars[name]).astype("datetime64[us]") for name in INSTANTS})
    bars = bars.sort_values(["symbol", "edition_at", "trade_date"], kind="stable")
    twice = bars.duplicated(["symbol", "edition_at", "trade_date"])
    if twice.any():
        first = bars[twice].iloc[0]
        raise ValueError(
            f"int_bars__roll_neutral holds {first['symbol']} {first['trade_date']:%Y-%m-%d} twice in the "
            f"edition of {first['edition_at']}; expected one row per symbol, edition and session."
        )
    histories = []
    for symbol, editions in bars.groupby("symbol", sort=True):
        opened_at = editions["edition_at"].to_numpy()
        openings = np.unique(opened_at)
        for opening, following in zip(openings, [*openings[1:], None], strict=True):
            histories.append(_history(str(symbol), opening, following, editions[opened_at == opening]))
    return histories


def anchors(dates: NDArray, refit_months: int) -> NDArray:
    """Anchor of each session's block, every `refit_months` months from 2000-01-01; shape (n,), days."""
    numbers = (dates.astype("datetime64[M]") - FIRST_ANCHOR).astype(int) // refit_months
    return (FIRST_ANCHOR + numbers * refit_months).astype("datetime64[D]")


def blocks(dates: NDArray, refit_months: int) -> list[Block]:
    """Blocks between anchors (`anchors`), without the empty ones."""
    present, starts = np.unique(anchors(dates, refit_months), return_index=True)
    stops = [*starts[1:].tolist(), len(dates)]
    return [
        Block(str(fold_id), start, stop)
        for fold_id, start, stop in zip(np.datetime_as_string(present), starts.tolist(), stops, strict=True)
    ]


def wanted_blocks(history: History, refit_months: int) -> list[Block]:
    """Blocks with a session that is to be forecast from this history."""
    return [
        block
        for block in blocks(history.dates, refit_months)
        if history.wanted[block.start : block.stop].any()
    ]


def in_force(histories: Sequence[History], instant: np.datetime64) -> list[int]:
    """Places of the newest edition of each root at `instant`; `histories` sorted as from `root_histories`."""
    newest: dict[str, int] = {}
    for place, history in enumerate(histories):
        if history.edition_at <= instant:
            newest[history.symbol] = place
    return list(newest.values())


def _history(
    symbol: str, opening: np.datetime64, following: np.datetime64 | None, rows: pd.DataFrame
) -> History:
    closes = rows["published_at"].to_numpy()
    prices = {name: rows[name].to_numpy(dtype=np.float64) for name in ("high", "low", "previous_close")}
    return History(
        symbol=symbol,
        edition_at=opening,
        dates=rows["trade_date"].to_numpy().astype("datetime64[D]"),
        published_at=closes,
        returns=rows["return_log"].to_numpy(dtype=np.float64),
        ranges=range_variance(open_=rows["open"].to_numpy(dtype=np.float64), **prices),
        wanted=(closes >= opening) & (following is None or closes < following),
    )
