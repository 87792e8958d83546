"""FRED: vintages as the API holds them, series that come and go, and the day in St. Louis."""

from __future__ import annotations

import datetime as dt
import json

import fred
import pytest
from runs import NOW, SAMPLE, everything, few_seeds, newest, run, write
from server import Answer, PublisherServer, renamed

from ingest.fred import SOURCE

TABLE = "fred/observations"
COLUMNS = "series_id observation_date value realtime_start"
MAY, JUNE = dt.date(2024, 5, 1), dt.date(2024, 6, 1)


@pytest.fixture
def ask_for(tmp_path, monkeypatch):
    """Says which series are asked for."""

    def ask(*series: str) -> None:
        seeds = few_seeds(tmp_path / f"seeds {len(list(tmp_path.iterdir()))}", fred_series=series)
        monkeypatch.setattr("ingest.seeds.SEEDS", seeds)

    return ask


def printed(folder, *rows: tuple):
    """Values of UNRATE with the days of their vintages, spoken for by the publisher."""
    return write(folder, TABLE, COLUMNS, [("UNRATE", *row) for row in rows])


def served(landing) -> PublisherServer:
    return PublisherServer({"fred": fred.publisher(landing)})


def fetch(server, folder, **more):
    outcome = run(SOURCE, server, folder, **{"key": fred.KEY, **more})
    assert outcome.error is None, outcome.error
    return everything(folder, TABLE)


def test_a_first_run_brings_the_initial_release_and_what_holds_today(ask_for, tmp_path):
    ask_for("UNRATE")
    theirs = printed(
        tmp_path / "theirs",
        (MAY, 3.9, dt.date(2024, 6, 7)),
        (MAY, 4.0, dt.date(2024, 6, 14)),
        (MAY, 4.1, dt.date(2024, 6, 21)),
        (JUNE, 4.2, dt.date(2024, 6, 28)),
    )
    with served(theirs) as server:
        assert fetch(server, tmp_path / "ours") == [
            ("UNRATE", MAY, 3.9, dt.date(2024, 6, 7)),
            ("UNRATE", MAY, 4.1, NOW.date()),  # the API clips to the period asked for
            ("UNRATE", JUNE, 4.2, dt.date(2024, 6, 28)),
        ]


def test_a_later_run_brings_every_new_vintage_of_a_revised_series_however_old_the_date(ask_for, tmp_path):
    ask_for("UNRATE")
    first = [(dt.date(2020, 1, 1), 3.5, dt.date(2020, 2, 7)), (MAY, 3.9, dt.date(2024, 6, 7))]
    with served(printed(tmp_path / "theirs", *first)) as server:
        before = fetch(server, tmp_path / "ours")
    revised = [
        (dt.date(2020, 1, 1), 3.6, dt.date(2024, 7, 2)),
        (dt.date(2020, 1, 1), 3.7, dt.date(2024, 7, 4)),
    ]
    with served(printed(tmp_path / "theirs later", *first, *revised)) as server:
        after = fetch(server, tmp_path / "ours", at=dt.datetime(2024, 7, 5, 20))
        assert {asked.parameters["realtime_start"] for asked in server.asked["fred"]} == {"2024-06-07"}
    assert sorted(set(after) - set(before)) == [("UNRATE", *row) for row in revised]


def test_a_history_before_the_landed_one_comes_with_its_initial_releases(ask_for, tmp_path):
    ask_for("UNRATE")
    rows = [(dt.date(2020, month, 1), 3.0 + month, dt.date(2020, month + 1, 7)) for month in (1, 2, 3)]
    late = (dt.date(2020, 1, 1), 9.0, dt.date(2021, 1, 7))
    with served(printed(tmp_path / "theirs", *rows, late)) as server:
        fetch(server, tmp_path / "ours", since=dt.date(2020, 3, 1))
        told = fetch(server, tmp_path / "ours", since=dt.date(2020, 1, 1))
    assert [row[2] for row in told] == [4.0, 9.0, 5.0, 6.0]
    assert told[0][3] == dt.date(2020, 2, 7)


@pytest.mark.parametrize("landed", ["bounded", "without vintages", "both ends"])
def test_what_bounded_runs_left_out_comes_with_its_initial_releases(ask_for, tmp_path, landed):
    """A later vintage taken for the first would be known by the release rule: before it was printed."""
    ask_for("UNRATE")
    rows = [(dt.date(2020, month, 1), 3.0 + month, dt.date(2020, month + 1, 7)) for month in range(1, 5)]
    revised = [(date, value + 5, dt.date(2021, 1, 7)) for date, value, _ in rows]
    with served(printed(tmp_path / "theirs", *rows, *revised)) as server:
        if landed == "both ends":
            fetch(server, tmp_path / "ours", since=dt.date(2020, 4, 1))
            fetch(server, tmp_path / "ours", since=dt.date(2020, 1, 1), until=dt.date(2020, 1, 31))
        elif landed == "bounded":
            fetch(server, tmp_path / "ours", until=dt.date(2020, 1, 31))
        else:
            january = [("UNRATE", dt.date(2020, 1, 1), 9.0, None)]
            write(tmp_path / "ours", TABLE, COLUMNS, january, NOW - dt.timedelta(days=3))
        told = fetch(server, tmp_path / "ours")
        again = fetch(server, tmp_path / "ours", at=NOW + dt.timedelta(days=1))
    behind = [row[1:] for row in told if row[1] > dt.date(2020, 1, 1)]
    today = NOW.date()
    assert behind == [
        (dt.date(2020, 2, 1), 5.0, dt.date(2020, 3, 7)),
        (dt.date(2020, 2, 1), 10.0, today),
        (dt.date(2020, 3, 1), 6.0, dt.date(2020, 4, 7)),
        (dt.date(2020, 3, 1), 11.0, today),
        (dt.date(2020, 4, 1), 7.0, dt.date(2020, 5, 7)),
        (dt.date(2020, 4, 1), 12.0, today),
    ]
    assert again == told


def test_new_dates_printed_after_the_last_run_need_no_second_question(ask_for, tmp_path):
    ask_for("UNRATE")
    first = [(MAY, 3.9, dt.date(2024, 6, 7))]
    with served(printed(tmp_path / "theirs", *first)) as server:
        fetch(server, tmp_path / "ours")
    with served(printed(tmp_path / "theirs later", *first, (JUNE, 4.1, dt.date(2024, 7, 5)))) as server:
        told = fetch(server, tmp_path / "ours", at=dt.datetime(2024, 7, 5, 20))
        assert [asked.path for asked in server.asked["fred"]] == ["series/observations"]
    assert told[-1] == ("UNRATE", JUNE, 4.1, dt.date(2024, 7, 5))


def test_more_vintages_than_a_request_may_hold_are_asked_for_in_parts(ask_for, tmp_path):
    ask_for("USEPUINDXD")
    with served(SAMPLE) as server:
        told = fetch(server, tmp_path / "ours")
        sent = [asked for asked in server.asked["fred"] if asked.parameters.get("output_type") == "4"]
    assert len(sent) == 2 and len(told) > 2_000
    assert all(vintage == date + dt.timedelta(days=1) for _, date, _, vintage in told)


def test_a_series_without_vintages_has_the_values_of_today(ask_for, tmp_path):
    ask_for("T10Y2Y")
    with served(SAMPLE) as server:
        told = fetch(server, tmp_path / "ours")
        assert {row[3] for row in told} == {NOW.date()}
        assert fetch(server, tmp_path / "ours", at=NOW + dt.timedelta(days=9)) == told
    key = "series_id, observation_date"
    assert [row[2] for row in told] == [row[2] for row in newest(SAMPLE, TABLE, key) if row[0] == "T10Y2Y"]


def test_a_series_landed_without_vintages_gets_no_initial_releases_over_it(ask_for, tmp_path):
    ask_for("UNRATE")
    write(tmp_path / "ours", TABLE, COLUMNS, [("UNRATE", MAY, 4.0, None)], NOW - dt.timedelta(days=3))
    theirs = printed(tmp_path / "theirs", (MAY, 3.9, dt.date(2024, 6, 7)), (MAY, 4.0, dt.date(2024, 6, 21)))
    with served(theirs) as server:
        assert fetch(server, tmp_path / "ours") == [("UNRATE", MAY, 4.0, None)]


def test_a_day_without_a_value_is_null(ask_for, tmp_path):
    ask_for("DGS10")
    day = dt.date(2024, 6, 19)
    write(tmp_path / "theirs", TABLE, COLUMNS, [("DGS10", day, None, day + dt.timedelta(days=1))])
    with served(tmp_path / "theirs") as server:
        assert [row[2] for row in fetch(server, tmp_path / "ours")] == [None]


def test_a_series_that_is_gone_is_named_after_the_others_have_come(ask_for, tmp_path):
    ask_for("DGS10", "DGS2", "UNRATE")

    def gone(answer: Answer) -> Answer:
        body = {"error_code": 400, "error_message": "Bad Request.  The series does not exist."}
        return Answer(json.dumps(body).encode(), 400)

    with served(SAMPLE) as server:
        server.fail("fred", gone, times=1)
        outcome = run(SOURCE, server, tmp_path / "ours", key=fred.KEY)
    assert "DGS2" in outcome.error and "DGS10" not in outcome.error
    assert {row[0] for row in everything(tmp_path / "ours", TABLE)} == {"DGS10", "UNRATE"}


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        (b'"value": "', b'"value": "n/a', "value to be a number"),
        (b'"date": "2024-', b'"date": "2024/', "date to be a date"),
        (b'"count": ', b'"count": 1', "the publisher counts"),
    ],
)
def test_an_answer_that_cannot_be_read_names_series_field_and_value(ask_for, tmp_path, old, new, named):
    ask_for("UNRATE")
    with served(SAMPLE) as server:
        server.fail(
            "fred", lambda answer: renamed(old, new)(answer) if b'"date"' in answer.body else answer, None
        )
        outcome = run(SOURCE, server, tmp_path / "ours", key=fred.KEY)
    assert "FRED series UNRATE" in outcome.error and named in outcome.error
    assert not list((tmp_path / "ours").rglob("*.parquet"))


def test_no_vintage_is_asked_for_that_has_not_begun_in_st_louis(ask_for, tmp_path):
    ask_for("UNRATE")
    with served(SAMPLE) as server:
        fetch(server, tmp_path / "ours", at=dt.datetime(2024, 7, 2, 3))
        assert max(asked.parameters["realtime_end"] for asked in server.asked["fred"]) == "2024-07-01"


def test_the_ended_series_of_the_seed_is_not_asked_for(ask_for, tmp_path):
    ask_for("TEDRATE", "UNRATE")
    with served(SAMPLE) as server:
        fetch(server, tmp_path / "ours")
        assert {asked.parameters["series_id"] for asked in server.asked["fred"]} == {"UNRATE"}
