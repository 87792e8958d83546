"""Databento: session bars of the volume-front contract of CME Group futures.

What
    Dataset GLBX.MDP3, schema ohlcv-1h, symbols `ROOT.v.0` (stype_in continuous: the contract with the
    highest volume on the previous day, prices unadjusted), for every root of `seeds/symbols.csv` whose venue
    is GLBX: 31 of the project's 33 instruments, and KE ZT ES BZ. The other two trade elsewhere (`ABSENT`).
From where
    https://hist.databento.com, key as basic-auth user, through the official client: GET
    metadata.get_dataset_range (how far this key may see; recent hours need a licence), POST
    metadata.get_cost (free), POST timeseries.get_range (paid; DBN in zstd). Limits: 2,000 symbols a request,
    20 metadata requests a second (confirm).
Into what
    Hourly bars become session bars (`ingest.databento_sessions`): not `ohlcv-1d`, whose days are UTC.
    Prices are whole billionths of what the exchange displays (ZL US cents/lb, ZS US cents/bu, ...: the
    seed's `quote_unit`) and stay as quoted; close is the last trade, not the settlement; volume is that
    contract's. A price of max int64 is none: an hour without price and volume says there was no trade.
Public
    Evening of the trade date. Only sessions whose 17:00 Chicago has passed land. Not revised as a rule; the
    last days are asked for again.
Cost
    About 0.00003 USD a bar (600 USD/GB of ohlcv-1h, 56 bytes a bar (confirm)): a day of all roots under
    0.03 USD, a first backfill of 14 years about 100 USD. The price of a whole run is asked for before
    anything is paid; above ZL_DATABENTO_MAX_USD (default 5) nothing is fetched.
Symbols
    The answer's metadata says which instrument a symbol was on which UTC day. Days on which a symbol was
    none end in an error once all else has landed, save before `LISTED`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ingest.databento_sessions import (
    bars_with_roots,
    first_whole_session,
    last_closed_session,
    session_bars,
    session_close,
    session_open,
)
from ingest.errors import IngestError, UnexpectedAnswerError
from ingest.keys import Key
from ingest.seeds import seed_rows
from ingest.source import Batch, Request, Source

TABLE = "databento/ohlcv_1d"
VENUE = "GLBX"

ABSENT = {
    "FCPO": "palm oil, Bursa Malaysia: refinitiv_quotes/daily fcpoc1 and fupoc1 stand in",
    "DX": "dollar index, ICE: FRED DTWEXBGS stands in",
}
"""Instruments of the project that are not in GLBX.MDP3, and what stands in for them."""

LISTED = {"KE": dt.date(2013, 12, 16), "6L": dt.date(2010, 6, 14)}
"""First trade date of roots that came after the dataset began."""

LIMIT_VARIABLE, DEFAULT_LIMIT_USD = "ZL_DATABENTO_MAX_USD", 5.0


@dataclass(frozen=True)
class Stretch:
    """One request: roots and the trade dates asked for, inclusive. At most a calendar year, some 15 MB."""

    roots: tuple[str, ...]
    first: dt.date
    last: dt.date

    def __str__(self) -> str:
        """For the progress bar."""
        return f"{self.first}..{self.last}, {len(self.roots)} roots"

    def period(self, available_from: pd.Timestamp) -> tuple[list[str], pd.Timestamp, pd.Timestamp]:
        """Symbols, start and end of the request.

        Raises
        ------
        IngestError
            All of it lies before what the key may see.
        """
        start, end = max(session_open(self.first), available_from), session_close(self.last)
        if start >= end:
            raise IngestError(
                f"databento: this key sees bars from {available_from:%Y-%m-%d} on, none of {self}; "
                "name a later --since."
            )
        return [symbol_of(root) for root in self.roots], start, end


def symbol_of(root: str) -> str:
    """The continuous symbol of a root's volume-front contract."""
    return f"{root}.v.0"


def roots_of_venue() -> list[str]:
    """Roots of `seeds/symbols.csv` that trade on Globex, in its order."""
    return [row["symbol"] for row in seed_rows("symbols") if row["venue"] == VENUE]


def fetch(request: Request) -> Iterator[Batch]:
    """Session bars of all roots, a year at a time; the price of the whole run is asked for first."""
    from ingest.databento_client import HourlyBars  # a second to import: only for who fetches

    publisher = HourlyBars(request.base, request.key, request.first_wait)
    now = pd.Timestamp(request.landed.now(), tz="UTC")
    available_from, available_until = publisher.available()
    first_whole = first_whole_session(available_from)
    closed = last_closed_session(min(now, available_until))
    stretches = stretches_of(starts_of(request), min(closed, request.until))
    request.on_step(0, len(stretches), "asking for the price")
    periods = {stretch: stretch.period(available_from) for stretch in stretches}
    agree_to_cost(request, sum(publisher.cost_usd(*period) for period in periods.values()))
    unnamed = []
    for stretch in request.steps(stretches):
        hours, intervals = publisher.bars(*periods[stretch])
        intervals["root"] = intervals.pop("symbol").str.removesuffix(symbol_of(""))
        try:
            sessions = session_bars(bars_with_roots(hours, intervals))
        except UnexpectedAnswerError as error:
            raise UnexpectedAnswerError(f"databento, {stretch}: {error}") from None
        first = max(stretch.first, first_whole)
        asked = sessions["trade_date"].between(pd.Timestamp(first), pd.Timestamp(stretch.last))
        yield TABLE, sessions[asked].assign(trade_date=sessions["trade_date"].dt.date)
        unnamed += days_without_contract(stretch, intervals, first_whole)
    if unnamed:
        raise UnexpectedAnswerError(
            f"databento: nothing behind {shortened(unnamed)}. All other bars have landed. A root that is no "
            "longer listed leaves seeds/symbols.csv; one listed later gets its first date in LISTED."
        )


def starts_of(request: Request) -> dict[str, dt.date]:
    """First trade date to ask for, by root."""
    newest, first_date = request.landed.newest_dates(TABLE, "symbol"), request.source.first_date
    return {
        root: max(request.start_behind(newest.get(root)), LISTED.get(root, first_date), first_date)
        for root in roots_of_venue()
    }


def stretches_of(starts: Mapping[str, dt.date], last: dt.date) -> list[Stretch]:
    """Requests that cover each root from its start to `last`, oldest first, none longer than a year."""
    out = []
    for year in range(min(starts.values()).year, last.year + 1):
        begin, end = dt.date(year, 1, 1), min(dt.date(year, 12, 31), last)
        by_first = defaultdict(list)
        for root, start in starts.items():
            if start <= end:
                by_first[max(start, begin)].append(root)
        out += [Stretch(tuple(roots), first, end) for first, roots in sorted(by_first.items())]
    return out


def agree_to_cost(request: Request, cost: float) -> None:
    """Note the price of the run, or stop.

    Raises
    ------
    IngestError
        The price is above the limit, or the limit is no number.
    """
    said = request.variables.get(LIMIT_VARIABLE, str(DEFAULT_LIMIT_USD))
    try:
        limit = float(said)
    except ValueError:
        raise IngestError(f"{LIMIT_VARIABLE} is no number of US dollars: {said!r}") from None
    if not cost <= limit:
        raise IngestError(
            f"databento: this run would cost {_usd(cost)}, above the limit of {_usd(limit)}; nothing was "
            f"bought. Ask for less (--since), or set {LIMIT_VARIABLE} to at least {cost + 0.01:.2f}."
        )
    request.notes.append(f"cost {_usd(cost)} (limit {_usd(limit)})")


def _usd(amount: float) -> str:
    return f"{amount:.2f} USD" if amount >= 1 else f"{amount:.4f} USD"


def days_without_contract(stretch: Stretch, intervals: pd.DataFrame, first_whole: dt.date) -> list[str]:
    """Roots and trade dates of a stretch that could not be had, in words: the symbol named no instrument, or
    the key does not see the whole session."""
    days = pd.bdate_range(stretch.first, stretch.last).to_numpy()
    said = []
    by_root = {root: rows for root, rows in intervals.groupby("root")}
    for root in stretch.roots:
        is_named = np.zeros(len(days), dtype=bool)
        for first, end in by_root.get(root, intervals[:0])[["first", "end"]].to_numpy():
            is_named |= (days >= first) & (days < end)
        is_named &= days >= np.datetime64(first_whole)
        if not is_named.all():
            gaps = days[~is_named].astype("datetime64[D]")
            said.append(f"{symbol_of(root)} on {len(gaps)} weekdays of {gaps[0]}..{gaps[-1]}")
    return said


def shortened(said: list[str], most: int = 5) -> str:
    """The first few of a list, and how many more there are."""
    more = f"; and {len(said) - most} more" if len(said) > most else ""
    return "; ".join(said[:most]) + more


SOURCE = Source(
    name="databento",
    tables=(TABLE,),
    base="https://hist.databento.com",
    first_date=dt.date(2010, 6, 7),
    look_back_days=6,
    fetch=fetch,
    key=Key(
        "DATABENTO_API_KEY",
        "https://databento.com/portal/keys",
        "no futures prices: nothing can be forecast beyond what has landed; every other source works.",
    ),
)
