"""Hourly bars of continuous symbols into one bar a root and exchange session.

A session runs from 17:00 Chicago the day before to 17:00: the evening belongs to the next trade date, Friday
and Sunday evening to Monday. From Saturday to Sunday 17:00 the exchange is closed: bars there are its tests
(2014-05-25, 2014-08-31) and are left out. A holiday with half a session keeps its own trade date.
"""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd

from ingest.errors import UnexpectedAnswerError

CHICAGO = "America/Chicago"
SESSION_END = dt.time(17)
UNDEFINED = np.iinfo(np.int64).max
"""How the publisher writes a price that is not there."""
PRICE_UNIT = 1e9
"""Prices are whole billionths of the quoted unit."""
PRICES = ["open", "high", "low", "close"]


def session_close(day: dt.date) -> pd.Timestamp:
    """When the session of a trade date ends, UTC."""
    return pd.Timestamp.combine(day, SESSION_END).tz_localize(CHICAGO).tz_convert("UTC")


def session_open(day: dt.date) -> pd.Timestamp:
    """When the session of the first trade date on or after `day` begins, UTC: where the one before ends."""
    return session_close(_weekday_back(day - dt.timedelta(days=1)))


def last_closed_session(instant: pd.Timestamp) -> dt.date:
    """Newest weekday whose session has ended by `instant` (UTC)."""
    day = instant.tz_convert(CHICAGO).date()
    return _weekday_back(day if session_close(day) <= instant else day - dt.timedelta(days=1))


def first_whole_session(instant: pd.Timestamp) -> dt.date:
    """First day whose session begins at or after `instant` (UTC); Monday's begins on Sunday."""
    day = instant.tz_convert(CHICAGO).date()
    return day + dt.timedelta(days=1 if session_close(day) >= instant else 2)


def _weekday_back(day: dt.date) -> dt.date:
    return day - dt.timedelta(days=max(0, day.weekday() - 4))


def trade_dates(instants: pd.Series) -> pd.Series:
    """Trade date of each bar by its start (UTC, without a zone); NaT while the exchange is closed."""
    local = instants.dt.tz_localize("UTC").dt.tz_convert(CHICAGO).dt.tz_localize(None)
    until_midnight = dt.timedelta(hours=24 - SESSION_END.hour)
    day = (local + until_midnight).dt.normalize()
    weekday = local.dt.dayofweek
    is_closed = (weekday == 5) | (day.dt.dayofweek == 6)
    day = day.where(day.dt.dayofweek != 5, day + dt.timedelta(days=2))
    return day.mask(is_closed)


def bars_with_roots(bars: pd.DataFrame, intervals: pd.DataFrame) -> pd.DataFrame:
    """`bars` with the root whose contract each is.

    Parameters
    ----------
    bars
        `instant` (start, UTC, no zone), `instrument_id` and measures.
    intervals
        `instrument_id, first, end, root`: UTC days (end exclusive) on which an instrument was a root's
        contract. Ids are used again in other years and for other roots.

    Raises
    ------
    UnexpectedAnswerError
        An instrument was two roots' contract on one day, or a bar's was nobody's on its day.
    """
    intervals = intervals.sort_values(["first", "end"])
    until_then = intervals.groupby("instrument_id")["end"].shift()
    if (until_then > intervals["first"]).any():
        one = intervals[until_then > intervals["first"]].iloc[0]
        raise UnexpectedAnswerError(
            f"instrument {one['instrument_id']} stands for two things on {one['first']:%Y-%m-%d}, "
            f"{one['root']} one of them"
        )
    found = pd.merge_asof(
        bars.sort_values("instant", kind="stable"),
        intervals,
        left_on="instant",
        right_on="first",
        by="instrument_id",
    )
    strange = found["root"].isna() | (found["instant"] >= found["end"])
    if strange.any():
        one = found[strange].iloc[0]
        raise UnexpectedAnswerError(
            f"{strange.sum()} bars of instruments that none of the symbols asked for stands for on their day,"
            f" first {one['instrument_id']} at {one['instant']} UTC"
        )
    return found.drop(columns=["first", "end"])


def session_bars(hours: pd.DataFrame) -> pd.DataFrame:
    """One bar a root and session, prices in the quoted unit.

    Where the continuous symbol changes contract inside a session (it does at 00:00 UTC, an hour or two
    after the session's start) only the bars of the contract that ends the session count: it is the one the
    symbol names on the trade date itself, so that a row is one contract's own move.

    Parameters
    ----------
    hours
        `root, instant, instrument_id, open, high, low, close` (whole billionths) and `volume`, in any order.

    Raises
    ------
    UnexpectedAnswerError
        One hour stands twice with different values, or a price is missing although there was trade.
    """
    hours = _once(_traded(hours))
    hours = hours.assign(trade_date=trade_dates(hours["instant"])).dropna(subset=["trade_date"])
    hours = hours.sort_values(["root", "instant"], kind="stable")
    session = ["root", "trade_date"]
    last_contract = hours.groupby(session, sort=False)["instrument_id"].transform("last")
    one_contract = hours[hours["instrument_id"] == last_contract]
    out = (
        one_contract.groupby(session, sort=False)
        .agg(
            instrument_id=("instrument_id", "last"),
            open=("open", "first"),
            high=("high", "max"),
            low=("low", "min"),
            close=("close", "last"),
            volume=("volume", "sum"),
        )
        .reset_index()
        .rename(columns={"root": "symbol"})
    )
    out[PRICES] = out[PRICES] / PRICE_UNIT
    return out


def _traded(hours: pd.DataFrame) -> pd.DataFrame:
    """Without hours that say they had no trade: no volume and no price."""
    is_missing = hours[PRICES] == UNDEFINED
    if not is_missing.to_numpy().any():
        return hours
    is_empty = is_missing.all(axis=1) & (hours["volume"] == 0)
    broken = is_missing.any(axis=1) & ~is_empty
    if broken.any():
        one = hours[broken].iloc[0]
        name = is_missing.columns[is_missing[broken].iloc[0]][0]
        raise UnexpectedAnswerError(
            f"{one['root']} at {one['instant']} UTC: volume {one['volume']} but no {name} price"
        )
    return hours[~is_empty]


def _once(hours: pd.DataFrame) -> pd.DataFrame:
    """Each hour of a contract once."""
    key = ["root", "instant", "instrument_id"]
    if not hours.duplicated(key).any():
        return hours
    hours = hours.drop_duplicates([*key, *PRICES, "volume"])
    twice = hours.duplicated(key)
    if twice.any():
        one = hours[twice].iloc[0]
        raise UnexpectedAnswerError(f"{one['root']} at {one['instant']} UTC: two different bars of one hour")
    return hours
