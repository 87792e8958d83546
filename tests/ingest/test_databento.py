"""Databento against its imitation: the sample comes back bar for bar, and no fault lands anything wrong."""

import datetime as dt
import logging
from pathlib import Path

import databento_hist
import duckdb
import numpy as np
import pandas as pd
import pytest
from databento_hist import KEY, rewritten
from databento_run import NOW, files, newest, run
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
from ingest.retries import ATTEMPTS
from ingest.run import Outcome, ingest
from ingest.seeds import seed_rows

PROJECT = Path(__file__).parents[2]
SAMPLE = PROJECT / "landing" / "sample"
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
        (renamed(b'"schema"', b'"schemata"'), DATASET_RANGE, "schema.ohlcv-1h.start and .end"),
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


def test_a_killed_run_goes_on_where_it_stopped(server, tmp_path, monkeypatch):
    roots = ("ZL", "ES")
    monkeypatch.setattr(databento, "roots_of_venue", lambda: list(roots))
    # how far it reaches, three prices, two of three years
    server.fail("databento", server_error, times=None, after=6)
    assert "answered 503" in run(server, tmp_path, since=dt.date(2022, 3, 1)).error
    before_the_rest = files(tmp_path)
    assert len(before_the_rest) == 2
    server._faults.clear()
    assert run(server, tmp_path).error is None
    assert before_the_rest.items() <= files(tmp_path).items()
    assert newest(tmp_path) == newest(SAMPLE, f"symbol in {roots} and trade_date >= '2022-03-01'")


def test_a_run_that_would_cost_too_much_buys_nothing(server, tmp_path):
    error = short_run(server, tmp_path, limit="0.0001").error
    assert "above the limit of 0.0001 USD" in error and "ZL_DATABENTO_MAX_USD" in error
    assert not bar_requests(server) and files(tmp_path) == {}


def test_a_limit_that_is_no_number_is_said(server, tmp_path):
    assert "no number of US dollars: 'five'" in short_run(server, tmp_path, limit="five").error


def test_a_symbol_that_is_not_found_is_named_once_the_others_have_landed(tmp_path):
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


def test_a_key_that_sees_less_is_said_and_what_it_sees_can_be_asked_for(tmp_path, of_may):
    exchange = databento_hist.publisher(SAMPLE)
    exchange.start = pd.Timestamp("2024-04-19 12:00", tz="UTC")  # in the middle of a session
    with PublisherServer({"databento": exchange}) as server:
        error = run(server, tmp_path, since=dt.date(2023, 1, 1)).error
        assert "this key sees bars from 2024-04-19 on" in error and "--since" in error
        assert files(tmp_path) == {}
        error = run(server, tmp_path, since=dt.date(2024, 4, 1), until=dt.date(2024, 5, 31)).error
        assert "ZL.v.0 on 15 weekdays of 2024-04-01..2024-04-19" in error
        assert "and 30 more" in error
    assert newest(tmp_path, OF_MAY) == of_may
    assert newest(tmp_path) == newest(SAMPLE, "trade_date between '2024-04-22' and '2024-05-31'")


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
    everything = {row["symbol"] for row in seed_rows("symbols")}
    beside = {"KE", "ZT", "ES", "BZ"}
    fetched = set(roots_of_venue())
    assert len(fetched - beside) == 31 and everything - fetched == set(ABSENT)
    assert len(everything - beside) == 33
