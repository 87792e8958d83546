"""The official client, failing as every source here does: retried where it may help, else one line.

The client (requests underneath) neither retries nor notices a compressed stream that ends early, so answers
go through a file that is looked at before it is believed.
"""

from __future__ import annotations

import logging
import tempfile
import warnings
from collections.abc import Callable, Iterable
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import requests
import zstandard
from databento import DBNStore, Schema, SType
from databento.common.error import BentoError, BentoHttpError, BentoWarning
from databento.historical.api.metadata import MetadataHttpAPI
from databento.historical.api.timeseries import TimeseriesHttpAPI
from databento_dbn import DBNError

from ingest.client import is_html
from ingest.errors import IngestError, UnexpectedAnswerError
from ingest.keys import redacted
from ingest.retries import AgainError, asked_wait, may_pass, tried_again

T = TypeVar("T")

DATASET, SCHEMA = "GLBX.MDP3", "ohlcv-1h"
RECORD_TYPE = 0x22  # of ohlcv-1h
OWN_MACHINE = ("127.0.0.1", "::1", "localhost")

for library in ("databento", "urllib3"):
    logging.getLogger(library).setLevel(logging.WARNING)


class HourlyBars:
    """Hourly bars of continuous symbols of GLBX.MDP3, their price, and how far they reach.

    Parameters
    ----------
    base
        `https://...`; plain http only to this machine, since the key goes with every request.
    first_wait
        First pause before a retry, in seconds.
    """

    def __init__(self, base: str, key: str, first_wait: float) -> None:
        address = urlsplit(base)
        if address.scheme != "https" and address.hostname not in OWN_MACHINE:
            raise IngestError(f"{base}: the key would go out unencrypted; name an https address.")
        self._base = base.rstrip("/")
        self._key = key
        self._first_wait = first_wait
        # `Historical` takes https addresses only; these two are its parts.
        self._metadata = MetadataHttpAPI(key=key, gateway=self._base)
        self._timeseries = TimeseriesHttpAPI(key=key, gateway=self._base)

    def available(self) -> tuple[pd.Timestamp, pd.Timestamp]:
        """Start and end (UTC, exclusive) of what this key may see."""
        name = "metadata.get_dataset_range"
        told = self._asked(name, lambda: self._metadata.get_dataset_range(DATASET))
        try:
            start, end = (pd.Timestamp(told["schema"][SCHEMA][side]) for side in ("start", "end"))
            return _utc(start), _utc(end)
        except (KeyError, TypeError, ValueError):
            raise UnexpectedAnswerError(
                f"{self._address(name)}: expected times at schema.{SCHEMA}.start and .end, "
                f"found {str(told)[:100]!r}"
            ) from None

    def cost_usd(self, symbols: Iterable[str], start: pd.Timestamp, end: pd.Timestamp) -> float:
        """What `bars` of the same arguments would cost; asking is free."""
        name = "metadata.get_cost"
        told = self._asked(name, lambda: self._metadata.get_cost(**_period(symbols, start, end)))
        if isinstance(told, bool) or not isinstance(told, int | float) or not 0 <= told < float("inf"):
            raise UnexpectedAnswerError(
                f"{self._address(name)}: expected a number of US dollars, found {str(told)[:100]!r}"
            )
        return float(told)

    def bars(
        self, symbols: Iterable[str], start: pd.Timestamp, end: pd.Timestamp
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Bars whose hour begins in [start, end), and what the symbols stood for.

        Returns
        -------
        (DataFrame, DataFrame)
            `instant` (UTC, no zone), `instrument_id, open, high, low, close` (whole billionths), `volume`;
            and `symbol, instrument_id, first, end` (UTC days, end exclusive).
        """
        name = "timeseries.get_range"
        store = self._asked(name, lambda: self._streamed(_period(symbols, start, end)))
        try:
            return _records(store), _intervals(store)
        except UnexpectedAnswerError as error:
            raise UnexpectedAnswerError(f"{self._address(name)}: {error}") from None

    def _streamed(self, period: dict[str, Any]) -> DBNStore:
        with tempfile.TemporaryDirectory(prefix="zl-") as folder:
            path = Path(folder) / "answer"
            try:
                self._timeseries.get_range(**period, path=path)
            except (BentoHttpError, requests.RequestException):
                raise
            except (BentoError, DBNError, ValueError, zstandard.ZstdError) as error:
                content = path.read_bytes() if path.exists() else b""
                if is_html(content):
                    raise UnexpectedAnswerError("expected DBN, found an HTML page") from None
                if not content or not _is_whole(content):
                    raise AgainError(f"no whole answer ({_line(error)})") from None
                raise UnexpectedAnswerError(
                    f"expected DBN, found {content[:40]!r} ({_line(error)})"
                ) from None
            content = path.read_bytes()
            if not _is_whole(content):
                raise AgainError("a stream that ends early")
            return DBNStore.from_bytes(BytesIO(content))

    def _asked(self, name: str, ask: Callable[[], T]) -> T:
        address = self._address(name)
        return tried_again(
            lambda: self._attempt(address, ask), address, self._first_wait, secrets=[self._key]
        )

    def _attempt(self, address: str, ask: Callable[[], T]) -> T:
        try:
            return ask()
        except BentoHttpError as error:
            status = error.http_status
            if may_pass(status):
                raise AgainError(f"answered {status}", asked_wait(address, status, error.headers)) from None
            said = _line(error.message or error.http_body or "")[:300]
            raise IngestError(redacted(f"{address}: answered {status}: {said}", [self._key])) from None
        except requests.JSONDecodeError as error:
            if error.doc.lstrip()[:1] in ("{", "["):
                raise AgainError("JSON that ends early or is broken") from None
            found = "an HTML page" if is_html(error.doc.encode()) else repr(error.doc[:60])
            raise UnexpectedAnswerError(
                redacted(f"{address}: expected JSON, found {found}", [self._key])
            ) from None
        except (BentoError, requests.RequestException) as error:
            raise AgainError(f"no whole answer ({_line(error)[:200]})") from None
        except UnexpectedAnswerError as error:
            raise UnexpectedAnswerError(redacted(f"{address}: {error}", [self._key])) from None

    def _address(self, name: str) -> str:
        return f"{self._base}/v0/{name}"


def _period(symbols: Iterable[str], start: pd.Timestamp, end: pd.Timestamp) -> dict[str, Any]:
    return {
        "dataset": DATASET,
        "schema": SCHEMA,
        "stype_in": SType.CONTINUOUS,
        "symbols": list(symbols),
        "start": start,
        "end": end,
    }


def _utc(instant: pd.Timestamp) -> pd.Timestamp:
    return instant.tz_localize("UTC") if instant.tz is None else instant.tz_convert("UTC")


def _line(said: object) -> str:
    return " ".join(str(said).split())


def _is_whole(content: bytes) -> bool:
    """Whether a compressed body ends where a frame ends; the stream reader takes a cut one for the end."""
    while content:
        frame = zstandard.ZstdDecompressor().decompressobj()
        try:
            frame.decompress(content)
        except zstandard.ZstdError:
            return True  # no zstd at all: not cut, but something else
        if not frame.eof:
            return False
        content = frame.unused_data
    return True


def _records(store: DBNStore) -> pd.DataFrame:
    """Bars of a store, checked to be what was asked for."""
    asked = {"dataset": DATASET, "schema": Schema.OHLCV_1H, "stype_out": SType.INSTRUMENT_ID}
    for field, expected in asked.items():
        found = getattr(store, field)
        if found != expected:
            raise UnexpectedAnswerError(f"{field}: expected {expected}, found {found}")
    with warnings.catch_warnings():
        warnings.simplefilter("error", BentoWarning)
        try:
            records = store.to_ndarray().reshape(-1)
        except (BentoWarning, BentoError) as error:
            raise UnexpectedAnswerError(_line(error)) from None
    strange = records["rtype"] != RECORD_TYPE
    if strange.any():
        raise UnexpectedAnswerError(
            f"record type: expected {RECORD_TYPE} ({SCHEMA}), found {records['rtype'][strange][0]}"
        )
    too_large = records["volume"] > np.iinfo(np.int64).max
    if too_large.any():
        raise UnexpectedAnswerError(f"volume: expected contracts, found {records['volume'][too_large][0]}")
    columns = {name: records[name] for name in ("open", "high", "low", "close")}
    return pd.DataFrame(
        {
            "instant": records["ts_event"].astype("datetime64[ns]"),
            "instrument_id": records["instrument_id"].astype(np.int64),
            **columns,
            "volume": records["volume"].astype(np.int64),
        }
    )


def _intervals(store: DBNStore) -> pd.DataFrame:
    """On which UTC days each symbol stood for which instrument; days without one are not in it."""
    rows = []
    for symbol, intervals in store.mappings.items():
        for interval in intervals:
            name = interval["symbol"]
            if not name:
                continue
            if not name.isdecimal():
                raise UnexpectedAnswerError(f"{symbol}: expected a numeric instrument id, found {name!r}")
            rows.append((symbol, int(name), interval["start_date"], interval["end_date"]))
    frame = pd.DataFrame(rows, columns=["symbol", "instrument_id", "first", "end"])
    return frame.astype(
        {"symbol": str, "instrument_id": np.int64, "first": "datetime64[ns]", "end": "datetime64[ns]"}
    )
