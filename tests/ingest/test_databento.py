"""Databento against its imitation: the sample comes back bar for bar, and no fault lands anything wrong."""

import csv
import datetime as dt
import logging
from pathlib import Path

import databento_hist
import duckdb
import numpy as np
import pandas as pd
import pytest
from databento_hist import KEY, of_hours, rewritten
from server import (
    Answer,
    PublisherServer,
    cut_connection,
    html_page,
    renamed,
    server_error,
    too_many_requests,
    truncated_body,
)

from ingest import databento
from ingest.databento import ABSENT, SOURCE, TABLE, roots_of_venue
from ingest.landed import Landed
from ingest.retries import ATTEMPTS
from ingest.run import Outcome, ingest

PROJECT = Path(__file__).parents[2]
SAMPLE = PROJECT / "landing" / "sample"
NOW = dt.datetime(2024, 7, 1, 6)
MAY, JUNE = dt.date(2024, 5, 1), dt.date(2024, 6, 1)
DATASET_RANGE, COST, BARS = 0, 1, 2
"""Which request of a short run asks for what."""


@pytest.fixture(scope="module")
def exchange():
    return databento_hist.publisher(SAMPLE)


@pytest.fixture
def server(exchange):
    with PublisherServer({"databento": exchange}) as running:
        yield running


def run(server, folder, now=NOW, key=KEY, limit="5", **period) -> Outcome:
    variables = {**server.variables(), "DATABENTO_API_KEY": key, "ZL_DATABENTO_MAX_USD": limit}
    landed = Landed(folder, now=lambda: now)
    (outcome,) = ingest([SOURCE], folder, variables, landed=landed, in_a_hurry=True, **period)
    return outcome


def newest(folder, where="true") -> list[tuple]:
    """Newest edition of each bar, without `ingested_at`."""
    if not list((folder / TABLE).glob("*.parquet")):
        return []
    return duckdb.sql(
        f"select * exclude (ingested_at) from read_parquet('{folder}/{TABLE}/*.parquet') where {where} "
        "qualify row_number() over (partition by symbol, trade_date order by ingested_at desc) = 1 "
        "order by symbol, trade_date"
    ).fetchall()


def files(folder) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


OF_MAY = "trade_date between '2024-05-01' and '2024-05-31'"


@pytest.fixture(scope="module")
def of_may() -> list[tuple]:
    return newest(SAMPLE, OF_MAY)


def short_run(server, folder, **others) -> Outcome:
    return run(server, folder, since=MAY, until=dt.date(2024, 5, 31), **others)


def test_the_sample_comes_back_and_a_second_run_asks_for_the_last_days_only(server, tmp_path):
    first = run(server, tmp_path)
    assert first.error is None and first.note.startswith("cost 0.")
    assert newest(tmp_path) == newest(SAMPLE)
    before, n_asked = files(tmp_path), len(server.asked["databento"])
    second = run(server, tmp_path)
    assert second.new_rows == {TABLE: 0} and files(tmp_path) == before
    again = [form_of(asked) for asked in server.asked["databento"][n_asked + 1 :]]
    untraded = [form for form in again if form["symbols"] == "ZR.v.0"]  # not in the sample
    recent = [form for form in again if form not in untraded]
    assert recent and all(form["start"] >= "2024-06-2" for form in recent)


def form_of(asked) -> dict[str, str]:
    return dict(databento_hist.parse_qsl(asked.body.decode()))


def bar_requests(server) -> list:
    return [asked for asked in server.asked["databento"] if asked.path.endswith("get_range")]


@pytest.mark.parametrize(
    ("fault", "request_number"),
    [
        (fault, number)
        for fault in (too_many_requests, server_error, cut_connection)
        for number in (DATASET_RANGE, COST, BARS)
    ]
    + [(truncated_body, DATASET_RANGE), (truncated_body, BARS)],
)
def test_a_passing_fault_changes_nothing(server, tmp_path, of_may, fault, request_number):
    server.fail("databento", fault, times=2, after=request_number)
    assert short_run(server, tmp_path).error is None
    assert newest(tmp_path) == of_may


@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection, truncated_body])
def test_a_lasting_fault_ends_in_one_line_and_lands_nothing(server, tmp_path, fault):
    server.fail("databento", fault, times=None, after=BARS)
    error = short_run(server, tmp_path).error
    assert f"{ATTEMPTS} times in a row" in error and "timeseries.get_range" in error and "\n" not in error
    assert files(tmp_path) == {}


def test_a_wait_too_long_to_sit_out_is_an_error_at_once(server, tmp_path):
    server.fail("databento", lambda _: Answer(b"", 429, headers={"Retry-After": "86400"}), times=None)
    assert "run again later" in short_run(server, tmp_path).error
    assert len(server.asked["databento"]) == 1


@pytest.mark.parametrize("request_number", [DATASET_RANGE, COST, BARS])
def test_html_in_place_of_data_is_an_error_at_once(server, tmp_path, request_number):
    server.fail("databento", html_page, times=None, after=request_number)
    assert "HTML" in short_run(server, tmp_path).error
    assert len(server.asked["databento"]) == request_number + 1 and files(tmp_path) == {}


def other_record_type(hours: np.ndarray) -> np.ndarray:
    hours["rtype"][5] = 0x23
    return hours


def half_a_record(answer: Answer) -> Answer:
    whole = databento_hist.zstandard.ZstdDecompressor().decompressobj().decompress(answer.body)
    return Answer(databento_hist.zstandard.compress(whole[:-10]), 200, answer.content_type)


@pytest.mark.parametrize(
    ("fault", "request_number", "said"),
    [
        (renamed(b'"schema"', b'"schemata"'), DATASET_RANGE, "schema.ohlcv-1h.end"),
        (lambda _: Answer(b'{"usd": 1.5}'), COST, "expected a number of US dollars"),
        (lambda _: Answer(b"-1"), COST, "expected a number of US dollars"),
        (lambda _: Answer(b"ts_event,open\n", content_type="text/csv"), BARS, "expected DBN"),
        (rewritten(other_record_type), BARS, "record type: expected 34"),
        (half_a_record, BARS, "incomplete record"),
    ],
)
def test_another_format_is_an_error_that_says_what_was_expected(
    server, tmp_path, fault, request_number, said
):
    server.fail("databento", fault, times=None, after=request_number)
    assert said in short_run(server, tmp_path).error
    assert files(tmp_path) == {}


def test_records_out_of_order_and_told_twice_are_the_same_bars(server, tmp_path, of_may):
    server.fail("databento", rewritten(lambda hours: np.concatenate([hours, hours])[::-1]), after=BARS)
    assert short_run(server, tmp_path).error is None
    assert newest(tmp_path) == of_may


def test_one_hour_with_two_values_is_refused(server, tmp_path):
    def twice(hours: np.ndarray) -> np.ndarray:
        other = hours[:1].copy()
        other["close"] += 10**9
        return np.concatenate([hours, other])

    server.fail("databento", rewritten(twice), after=BARS)
    assert "two different bars of one hour" in short_run(server, tmp_path).error
    assert files(tmp_path) == {}


def test_a_revised_price_is_one_row_in_a_new_file(server, tmp_path):
    def revised(hours: np.ndarray) -> np.ndarray:
        of_zl = np.flatnonzero(hours["instrument_id"] // 10_000 == 1)
        hours["close"][of_zl[-1]] += 10**7
        hours["high"][of_zl[-1]] += 10**9
        return hours

    short_run(server, tmp_path)
    before = files(tmp_path)
    server.fail("databento", rewritten(revised), after=BARS)
    assert short_run(server, tmp_path, now=NOW + dt.timedelta(hours=1)).new_rows == {TABLE: 1}
    after = files(tmp_path)
    assert before.items() <= after.items() and len(after) == len(before) + 1
    stamps = duckdb.sql(
        f"select symbol, trade_date, list(ingested_at order by ingested_at) as stamps "
        f"from read_parquet('{tmp_path}/{TABLE}/*.parquet') group by all having count(*) > 1"
    ).fetchall()
    assert stamps == [("ZL", dt.date(2024, 5, 31), [NOW, NOW + dt.timedelta(hours=1)])]


@pytest.mark.parametrize("day", [dt.date(2024, 6, 29), dt.date(2011, 3, 4)])
def test_a_period_without_bars_is_no_error(server, tmp_path, day):
    outcome = run(server, tmp_path, since=day, until=day)
    assert (outcome.error, outcome.new_rows) == (None, {TABLE: 0})


def test_a_killed_run_goes_on_where_it_stopped(server, tmp_path):
    first, killed_at = tmp_path / "killed", dt.date(2023, 6, 1)
    server.fail("databento", server_error, times=None, after=9)
    assert "answered 503" in run(server, first, since=killed_at - dt.timedelta(days=900)).error
    landed_before = files(first)
    assert 0 < len(landed_before) < 4
    server._faults.clear()
    assert run(server, first).error is None
    assert landed_before.items() <= files(first).items()
    since = str(killed_at - dt.timedelta(days=900))
    assert newest(first, f"trade_date >= '{since}'") == newest(SAMPLE, f"trade_date >= '{since}'")


def test_a_run_that_would_cost_too_much_buys_nothing(server, tmp_path):
    error = short_run(server, tmp_path, limit="0.0001").error
    assert "above the limit of 0.00 USD" in error and "ZL_DATABENTO_MAX_USD" in error
    assert not bar_requests(server) and files(tmp_path) == {}


def test_a_limit_that_is_no_number_is_said(server, tmp_path):
    assert "no number of US dollars: 'five'" in short_run(server, tmp_path, limit="five").error


def test_a_symbol_that_is_not_found_is_named_once_the_others_have_landed(tmp_path, of_may):
    exchange = databento_hist.publisher(SAMPLE)
    exchange.unknown = {"ZR"}
    exchange.roots["PA"].first_day = dt.date(2024, 5, 20)
    with PublisherServer({"databento": exchange}) as server:
        error = short_run(server, tmp_path).error
    assert "ZR.v.0 on 23 weekdays of 2024-05-01..2024-05-31" in error
    assert "PA.v.0 on 13 weekdays of 2024-05-01..2024-05-17" in error


def test_a_root_is_not_asked_for_before_it_was_listed(server, tmp_path):
    run(server, tmp_path, since=dt.date(2012, 1, 1), until=dt.date(2013, 12, 31))
    assert {
        form_of(asked)["start"][:10] for asked in bar_requests(server) if "KE" in asked.body.decode()
    } == {"2013-12-13"}


def test_without_a_key_the_run_says_where_to_get_one(server, tmp_path):
    (outcome,) = ingest([SOURCE], tmp_path, server.variables(), in_a_hurry=True)
    assert "DATABENTO_API_KEY is not set" in outcome.error and "databento.com/portal/keys" in outcome.error
    assert not server.asked["databento"]


def test_no_key_is_told_to_anyone(server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    wrong = "db-wrong0000000000000000000000000"
    refused = short_run(server, tmp_path, key=wrong)
    assert "answered 401: auth_authentication_failed" in refused.error
    server.fail("databento", lambda _: Answer(f'{{"detail": "no {KEY}"}}'.encode(), 403), after=BARS)
    assert "no ***" in short_run(server, tmp_path).error
    short_run(server, tmp_path)
    assert not any(secret in caplog.text for secret in (wrong, KEY))
    assert not any(KEY.encode() in name.encode() + body for name, body in files(tmp_path).items())


def test_the_key_does_not_leave_this_machine_unencrypted(tmp_path):
    variables = {"DATABENTO_API_KEY": KEY, "ZL_DATABENTO_URL": "http://mirror.example"}
    (outcome,) = ingest([SOURCE], tmp_path, variables, in_a_hurry=True)
    assert "unencrypted" in outcome.error


def test_31_of_the_33_instruments_are_fetched_and_the_other_two_declared_absent():
    with (PROJECT / "seeds" / "symbols.csv").open(encoding="utf-8") as file:
        everything = {row["symbol"] for row in csv.DictReader(file)}
    beside = {"KE", "ZT", "ES", "BZ"}
    fetched = set(roots_of_venue())
    assert len(fetched - beside) == 31 and everything - fetched == set(ABSENT)
    assert len(everything - beside) == 33


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
    assert outcome.error is None or "no contract behind" in outcome.error
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
    made = databento.session_bars(hours).rename(columns={"root": "symbol"})
    made["trade_date"] = made["trade_date"].dt.date
    columns = "symbol, trade_date, instrument_id, open, high, low, close, volume"
    landed = duckdb.sql(
        f"select {columns} from read_parquet('{shared}/landing/{TABLE}/*.parquet') "
        "where symbol in ('ZL', 'ZS', 'ZM') order by symbol, trade_date"
    ).fetchall()
    made = duckdb.sql(f"select {columns} from made order by symbol, trade_date").fetchall()
    assert len(made) > 10_000
    assert made == landed
