"""From hours to sessions: weeks, clock changes, holidays, changes of contract, and what cannot be a bar."""

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from databento_hist import of_hours
from databento_run import newest, run
from server import PublisherServer

from ingest import databento
from ingest.databento import TABLE
from ingest.databento_sessions import bars_with_roots, session_bars
from ingest.errors import UnexpectedAnswerError

PROJECT = Path(__file__).parents[2]
HOURS = ["root", "instant", "instrument_id", "open", "high", "low", "close", "volume"]


def hours_of(*rows: tuple) -> pd.DataFrame:
    """Rows `root, instant (Chicago), instrument, price, volume`; the four prices are one."""
    whole = [
        (root, pd.Timestamp(at, tz="America/Chicago").tz_convert("UTC").tz_localize(None), number)
        + (price,) * 4
        + (volume,)
        for root, at, number, price, volume in rows
    ]
    return pd.DataFrame(whole, columns=HOURS)


def landed_from(tmp_path, hours, until, end="2024-12-01", now=None, roots=("CL", "GC")) -> list[tuple]:
    """symbol, trade date, instrument, open, close, volume of what lands."""
    now = now or dt.datetime(2024, 12, 2)
    since = hours["instant"].min().date() - dt.timedelta(days=2)
    with (
        PublisherServer({"databento": of_hours(hours, end)}) as server,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(databento, "roots_of_venue", lambda: list(roots))
        outcome = run(server, tmp_path, now=now, since=since, until=dt.date.fromisoformat(until))
    assert outcome.error is None or "nothing behind" in outcome.error
    return [
        (symbol, str(day), number, opening, closing, volume)
        for symbol, day, number, opening, _, _, closing, volume in newest(tmp_path)
    ]


@pytest.mark.parametrize("friday", ["2024-03-08", "2024-11-01", "2024-05-31"])
def test_the_week_begins_on_the_evening_before_monday_in_both_clock_changes(tmp_path, friday):
    monday, sunday = (str(pd.Timestamp(friday).date() + dt.timedelta(days=n)) for n in (3, 2))
    hours = hours_of(
        ("CL", f"{friday} 15:00", 7, 1.0, 10),
        ("CL", f"{friday} 16:00", 7, 2.0, 10),
        ("CL", f"{friday} 17:00", 7, 3.0, 10),
        ("CL", f"{sunday} 11:00", 7, 99.0, 10),  # a test of the exchange
        ("CL", f"{sunday} 17:00", 7, 4.0, 10),
        ("CL", f"{monday} 16:00", 7, 5.0, 10),
        ("CL", f"{monday} 17:00", 7, 6.0, 10),
    )
    assert landed_from(tmp_path, hours, monday) == [
        ("CL", friday, 7, 1.0, 2.0, 20),
        ("CL", monday, 7, 3.0, 5.0, 30),
    ]


def test_a_half_session_on_a_holiday_keeps_its_own_date(tmp_path):
    hours = hours_of(
        ("CL", "2024-07-03 18:00", 7, 1.0, 5),
        ("CL", "2024-07-04 11:00", 7, 2.0, 5),
        ("CL", "2024-07-04 17:00", 7, 3.0, 5),
        ("GC", "2024-07-03 09:00", 8, 9.0, 5),
    )
    assert landed_from(tmp_path, hours, "2024-07-05") == [
        ("CL", "2024-07-04", 7, 1.0, 2.0, 10),
        ("CL", "2024-07-05", 7, 3.0, 3.0, 5),
        ("GC", "2024-07-03", 8, 9.0, 9.0, 5),
    ]


def test_a_change_of_contract_inside_a_session_leaves_the_one_that_ends_it(tmp_path):
    hours = hours_of(
        ("CL", "2024-06-18 12:00", 7, 70.0, 100),
        ("CL", "2024-06-18 17:00", 7, 71.0, 900),  # still the old contract, and more of it
        ("CL", "2024-06-18 19:00", 8, 72.0, 300),
        ("CL", "2024-06-19 12:00", 8, 73.0, 300),
    )
    assert landed_from(tmp_path, hours, "2024-06-19") == [
        ("CL", "2024-06-18", 7, 70.0, 70.0, 100),
        ("CL", "2024-06-19", 8, 72.0, 73.0, 600),
    ]


def test_an_instrument_id_used_again_is_told_by_its_day(tmp_path):
    hours = hours_of(("CL", "2024-06-18 12:00", 7, 70.0, 1), ("GC", "2024-06-19 12:00", 7, 2300.0, 2))
    hours = pd.concat([hours, hours_of(("CL", "2024-06-19 12:00", 9, 71.0, 3))])
    assert landed_from(tmp_path, hours, "2024-06-19") == [
        ("CL", "2024-06-18", 7, 70.0, 70.0, 1),
        ("CL", "2024-06-19", 9, 71.0, 71.0, 3),
        ("GC", "2024-06-19", 7, 2300.0, 2300.0, 2),
    ]


TUESDAY = (("CL", "2024-06-17 12:00", 7, 70.0, 1), ("CL", "2024-06-18 12:00", 7, 71.0, 1))


@pytest.mark.parametrize(
    ("now", "end", "n_landed"),
    [
        ("2024-06-18T21:59", "2024-06-18T21:00", 1),  # a minute before 17:00 in Chicago
        ("2024-06-18T21:59", "2024-06-19T22:00", 1),
        ("2024-06-18T22:00", "2024-06-18T22:00", 2),
        ("2024-06-19T12:00", "2024-06-18T21:00", 1),  # this key sees an hour less
    ],
)
def test_a_session_lands_when_it_has_ended_and_all_of_it_can_be_seen(tmp_path, now, end, n_landed):
    landed = landed_from(tmp_path, hours_of(*TUESDAY), "2024-06-19", end, dt.datetime.fromisoformat(now))
    assert len(landed) == n_landed


def test_an_instrument_of_two_roots_on_one_day_is_refused(tmp_path):
    hours = hours_of(("CL", "2024-06-18 12:00", 7, 70.0, 1), ("GC", "2024-06-18 12:00", 7, 2300.0, 2))
    with pytest.raises(AssertionError, match="instrument 7 stands for two things on 2024-06-18"):
        landed_from(tmp_path, hours, "2024-06-19")


@pytest.mark.parametrize("instrument", [7, 999])
def test_a_bar_of_an_instrument_that_no_symbol_stands_for_that_day_is_refused(instrument):
    hours = hours_of(("CL", "2024-06-18 12:00", 7, 70.0, 1), ("CL", "2024-06-19 12:00", instrument, 71.0, 1))
    days = pd.to_datetime(["2024-06-18", "2024-06-19", "2024-06-20"])
    intervals = pd.DataFrame(
        {"instrument_id": [7, 8], "first": days[:2], "end": days[1:], "root": ["CL", "CL"]}
    )
    with pytest.raises(UnexpectedAnswerError, match=f"first {instrument} at 2024-06-19"):
        bars_with_roots(hours.drop(columns="root"), intervals)


def test_hours_in_any_order_make_the_same_session():
    hours = hours_of(*[("CL", f"2024-06-18 {hour:02}:00", 7, float(hour), 1) for hour in (9, 15, 8, 12)])
    (bar,) = session_bars(hours).to_dict("records")
    assert (bar["open"], bar["high"], bar["low"], bar["close"]) == (8e-9, 15e-9, 8e-9, 15e-9)


def test_an_hour_without_trade_is_left_out_and_one_with_half_a_price_refused(tmp_path):
    nan = float("nan")
    hours = hours_of(*TUESDAY, ("CL", "2024-06-18 13:00", 7, nan, 0))
    assert landed_from(tmp_path, hours, "2024-06-18")[-1] == ("CL", "2024-06-18", 7, 71.0, 71.0, 1)
    hours.loc[2, ["open", "volume"]] = [71.0, 4]
    with pytest.raises(AssertionError, match="volume 4 but no high price"):
        landed_from(tmp_path / "other", hours, "2024-06-18")


@pytest.mark.shared
def test_real_hours_of_the_soy_complex_make_the_landed_sessions():
    shared = PROJECT.parent / "shared"
    hours = duckdb.sql(
        "select symbol as root, ts_event as instant, instrument_id::bigint as instrument_id, open, high, low,"
        f" close, volume::bigint as volume from '{shared}/data/databento/ohlcv_1h_soy_complex.parquet'"
    ).df()
    prices = ["open", "high", "low", "close"]
    hours[prices] = (hours[prices] * 1e9).round().astype("int64")
    made = session_bars(hours).rename(columns={"root": "symbol"})
    made["trade_date"] = made["trade_date"].dt.date
    columns = "symbol, trade_date, instrument_id, open, high, low, close, volume"
    landed = duckdb.sql(
        f"select {columns} from read_parquet('{shared}/landing/{TABLE}/*.parquet') "
        "where symbol in ('ZL', 'ZS', 'ZM') order by symbol, trade_date"
    ).fetchall()
    made = duckdb.sql(f"select {columns} from made order by symbol, trade_date").fetchall()
    assert len(made) > 10_000
    assert made == landed
