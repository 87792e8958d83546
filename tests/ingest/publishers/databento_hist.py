"""Imitation of hist.databento.com for ohlcv-1h of continuous symbols of GLBX.MDP3.

Written from the publisher's documentation of metadata.get_dataset_range, metadata.get_cost and
timeseries.get_range (basic auth, form bodies, error bodies with `detail.case`, 206 with partly resolved
symbols), of the DBN encoding (metadata, fixed-size records, prices in billionths, zstd) and of continuous
symbols (a contract by UTC day, the change at midnight), with the encoder of `databento_dbn`. Small and
synthetic: the hours of a session are made so that they add up to the session's bar in landing.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qsl

import databento_dbn as dbn
import duckdb
import numpy as np
import pandas as pd
import zstandard
from server import Answer, Asked, Fault, landing_files

TABLES = ("databento/ohlcv_1d",)
KEY = "db-imitation0000000000000000000"
USD_PER_BAR = 1e-7
FIRST_DAY = dt.date(2010, 6, 6)
UNDEFINED = 2**63 - 1
UNTRADED = 4_000_000_000
"""Ids from here on: roots that are listed, so have a contract, but that nobody traded."""

HOUR = np.int64(3_600_000_000_000)
DAY = 24 * HOUR
CHICAGO = "America/Chicago"
GRAINS = {"ZL", "ZS", "ZM", "ZC", "ZW", "ZO", "ZR", "KE", "HE", "LE", "GF"}
GRAIN_HOURS = np.arange(2, 21, dtype=np.int64)  # 19:00 to 13:00 Chicago
OTHER_HOURS = np.arange(23, dtype=np.int64)  # 17:00 to 15:00 Chicago

RECORD = np.dtype(dbn.OHLCVMsg._dtypes)
PRICES = ("open", "high", "low", "close")


@dataclass
class Interval:
    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class Mapping:
    raw_symbol: str
    intervals: list[Interval]


@dataclass
class Root:
    """Hours of one root, and from which UTC day on (days since 1970) it stood for which contract."""

    days: np.ndarray
    ids: np.ndarray
    daily: np.ndarray | None = None  # session ends (ns), then billionths: cut into hours when asked for
    hourly: np.ndarray | None = None  # records as they are
    has_night: bool = False
    first_day: dt.date = FIRST_DAY


@dataclass
class Exchange:
    roots: dict[str, Root]
    end: pd.Timestamp
    key: str = KEY
    start: pd.Timestamp = field(default_factory=lambda: pd.Timestamp(FIRST_DAY, tz="UTC"))
    unknown: set[str] = field(default_factory=set)

    def __call__(self, asked: Asked) -> Answer:
        user = base64.b64decode(asked.headers.get("authorization", "Basic ").split(" ")[1]).decode()
        if user != f"{self.key}:":
            return refused(401, "auth_authentication_failed", "Authentication failed.")
        form = {**asked.parameters, **dict(parse_qsl(asked.body.decode()))}
        if form.get("dataset") != "GLBX.MDP3":
            return refused(400, "data_invalid_dataset", "Unknown dataset.")
        if asked.path == "v0/metadata.get_dataset_range":
            whole = {"start": self.start.isoformat(), "end": self.end.isoformat()}
            return Answer(json.dumps({**whole, "schema": {"ohlcv-1h": whole, "ohlcv-1d": whole}}).encode())
        if form.get("schema") != "ohlcv-1h" or form.get("stype_in") != "continuous":
            return refused(422, "data_schema_not_supported", "This imitation has ohlcv-1h, continuous.")
        start, end = (pd.Timestamp(form[name]).value for name in ("start", "end"))
        if end > self.end.value:
            return refused(422, "data_end_after_available_end", f"Data is available up to {self.end}.")
        if start < self.start.value:
            return refused(422, "data_start_before_available_start", f"Data begins at {self.start}.")
        symbols = form["symbols"].split(",")
        found = [name for name in symbols if self._root(name) is not None]
        if not found:
            return refused(422, "symbology_invalid_request", "None of the symbols could be resolved.")
        parts = [records(self._root(name), start, end) for name in found]
        if asked.path == "v0/metadata.get_cost":
            return Answer(json.dumps(sum(map(len, parts)) * USD_PER_BAR).encode())
        if asked.path != "v0/timeseries.get_range":
            return refused(404, "not_found", asked.path)
        bars = np.concatenate(parts)
        bars = bars[np.argsort(bars["ts_event"], kind="stable")]
        mappings = [Mapping(name, intervals(self._root(name), start, end)) for name in found]
        missing = [name for name in symbols if name not in found]
        header = dbn.Metadata(
            dataset="GLBX.MDP3",
            start=start,
            end=end,
            stype_in=dbn.SType.CONTINUOUS,
            stype_out=dbn.SType.INSTRUMENT_ID,
            schema=dbn.Schema.OHLCV_1H,
            symbols=symbols,
            partial=[m.raw_symbol for m in mappings if is_partial(m, start)],
            not_found=missing,
            mappings=mappings,
            ts_out=False,
        )
        body = zstandard.ZstdCompressor(level=1).compress(bytes(header) + bars.tobytes())
        return Answer(body, 206 if missing or header.partial else 200, "application/octet-stream")

    def _root(self, symbol: str) -> Root | None:
        name, _, rule = symbol.partition(".")
        if rule != "v.0" or name in self.unknown:
            return None
        if name not in self.roots:
            contract = UNTRADED + int.from_bytes(name[:3].encode(), "big")
            return Root(np.array([0]), np.array([contract]), hourly=np.empty(0, RECORD))
        return self.roots[name]


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    """The newest edition of each session bar of `landing`, as hours."""
    rows = duckdb.sql(
        f"select symbol, trade_date, instrument_id, open, high, low, close, volume "
        f"from {landing_files(landing, TABLES[0])} "
        "qualify row_number() over (partition by symbol, trade_date order by ingested_at desc) = 1 "
        "order by symbol, trade_date"
    ).df()
    ends = rows["trade_date"] + pd.Timedelta(hours=17)
    rows["end"] = (
        ends.dt.tz_localize(CHICAGO).dt.tz_convert("UTC").astype("datetime64[ns, UTC]").astype("int64")
    )
    for name in PRICES:
        rows[name] = (rows[name] * 1e9).round().astype("int64")
    roots = {}
    for name, own in rows.groupby("symbol"):
        days = own["trade_date"].to_numpy("datetime64[D]").astype(np.int64)
        ids = own["instrument_id"].to_numpy()
        daily = own[["end", "instrument_id", *PRICES, "volume"]].to_numpy(np.int64)
        roots[name] = Root(days, ids, daily=daily, has_night=name not in GRAINS)
    return Exchange(roots, pd.Timestamp(rows["end"].max(), tz="UTC"))


def of_hours(bars: pd.DataFrame, end: str, key: str = KEY) -> Exchange:
    """An exchange of hours told one by one.

    `bars`: root, instant (UTC, no zone), instrument_id, prices in the quoted unit (NaN: undefined), volume.
    """
    roots = {}
    for name, own in bars.groupby("root", sort=False):
        hours = np.zeros(len(own), RECORD)
        fill_header(hours)
        hours["instrument_id"] = own["instrument_id"]
        hours["ts_event"] = own["instant"].to_numpy("datetime64[ns]").astype(np.int64)
        for price in PRICES:
            prices = (own[price].fillna(0) * 1e9).round().astype("int64")
            hours[price] = prices.where(own[price].notna(), UNDEFINED)
        hours["volume"] = own["volume"]
        by_day = own.groupby(own["instant"].dt.normalize())["instrument_id"].last()
        days = by_day.index.to_numpy("datetime64[D]").astype(np.int64)
        roots[name] = Root(days, by_day.to_numpy(), hourly=hours, first_day=as_date(days[0]))
    return Exchange(roots, pd.Timestamp(end, tz="UTC"), key)


def refused(status: int, case: str, message: str) -> Answer:
    detail = {"case": case, "message": message, "status_code": status, "docs": "", "payload": {}}
    return Answer(json.dumps({"detail": detail}).encode(), status)


def fill_header(hours: np.ndarray) -> None:
    hours["length"], hours["rtype"], hours["publisher_id"] = RECORD.itemsize // 4, 0x22, 1


def intervals(root: Root, start: int, end: int) -> list[Interval]:
    """Contracts of a root by UTC day, over the days of a request; the first reaches back to the listing."""
    changes = np.flatnonzero(np.diff(root.ids, prepend=-1))
    first, last = start // DAY, -(-end // DAY)
    listed = (root.first_day - dt.date(1970, 1, 1)).days
    begins = [listed, *root.days[changes[1:]].tolist()]
    out = []
    for begin, stop, contract in zip(begins, [*begins[1:], last], root.ids[changes].tolist(), strict=True):
        begin, stop = max(begin, first, listed), min(stop, last)
        if begin < stop:
            out.append(Interval(as_date(begin), as_date(stop), str(contract)))
    return out


def is_partial(mapping: Mapping, start: int) -> bool:
    return not mapping.intervals or mapping.intervals[0].start_date > as_date(start // DAY)


def as_date(day: int) -> dt.date:
    return dt.date(1970, 1, 1) + dt.timedelta(days=int(day))


def records(root: Root, start: int, end: int) -> np.ndarray:
    """Hours of a root that begin in [start, end), from its listing on."""
    hours = root.hourly if root.daily is None else hours_of(root, start, end)
    start = max(start, pd.Timestamp(root.first_day).value)
    return hours[(hours["ts_event"] >= start) & (hours["ts_event"] < end)]


def hours_of(root: Root, start: int, end: int) -> np.ndarray:
    """Sessions cut into hours that add up to them.

    Prices walk straight from open to close; the high stands in one hour, the low in another. At a change of
    contract the hours before midnight UTC are the old contract's, as the continuous symbol has them.
    """
    ends = root.daily[:, 0]
    low, high = np.searchsorted(ends, [start, end + DAY])
    low = max(low - 1, 0)
    daily = root.daily[low:high]
    if not len(daily):
        return np.empty(0, RECORD)
    grid = OTHER_HOURS if root.has_night else GRAIN_HOURS
    session_start = daily[:, 0] - DAY
    is_change = np.diff(root.daily[:, 1], prepend=root.daily[0, 1])[low:high] != 0
    midnight = daily[:, 0] // DAY * DAY
    instants = session_start[:, None] + grid[None, :] * HOUR  # (n, hours)
    is_own = ~is_change[:, None] | (instants >= midnight[:, None])
    volume = daily[:, 6]
    count = np.minimum(is_own.sum(axis=1), np.maximum(volume, 1))
    is_odd = (daily[:, 3] < daily[:, [2, 5]].max(axis=1)) | (daily[:, 4] > daily[:, [2, 5]].min(axis=1))
    count = np.where(is_odd, 1, count)
    place = np.cumsum(is_own, axis=1) - 1  # the how manieth hour of the session's own contract
    is_kept = is_own & (place < count[:, None])
    row, column = np.nonzero(is_kept)
    k, n = place[row, column], count[row]
    opening, top, bottom, closing = (daily[row, i] for i in (2, 3, 4, 5))
    hours = np.zeros(len(row), RECORD)
    fill_header(hours)
    hours["instrument_id"], hours["ts_event"] = daily[row, 1], instants[row, column]
    walk = (closing - opening) // n
    hours["open"] = opening + walk * k
    hours["close"] = np.where(k == n - 1, closing, opening + walk * (k + 1))
    hours["high"] = np.where(k == n // 3, top, np.maximum(hours["open"], hours["close"]))
    hours["low"] = np.where(k == 2 * n // 3, bottom, np.minimum(hours["open"], hours["close"]))
    hours["volume"] = volume[row] // n + np.where(k == n - 1, volume[row] % n, 0)
    return np.concatenate([hours, old_contract(root, low, is_change, instants, is_own)])


def old_contract(
    root: Root, low: int, is_change: np.ndarray, instants: np.ndarray, is_own: np.ndarray
) -> np.ndarray:
    """Hours between 17:00 Chicago and midnight UTC before a change: the contract of the day before."""
    row, column = np.nonzero(is_change[:, None] & ~is_own)
    before = root.daily[low + row - 1]
    hours = np.zeros(len(row), RECORD)
    fill_header(hours)
    hours["instrument_id"], hours["ts_event"] = before[:, 1], instants[row, column]
    for name in PRICES:
        hours[name] = before[:, 5]
    hours["volume"] = 7
    return hours


def rewritten(change: Callable[[np.ndarray], np.ndarray]) -> Fault:
    """The same stream with other records."""

    def fault(answer: Answer) -> Answer:
        whole = zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
        length = 8 + int.from_bytes(whole[4:8], "little")
        hours = change(np.frombuffer(whole[length:], RECORD).copy())
        body = zstandard.ZstdCompressor().compress(whole[:length] + hours.tobytes())
        return Answer(body, answer.status, answer.content_type)

    return fault
