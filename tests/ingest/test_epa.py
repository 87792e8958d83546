"""RIN prices against an imitation of EPA's dashboard: the right rows or one clear line, and nothing half
landed."""

import datetime as dt

import epa as imitation
import pandas as pd
import pytest
import usda_runs as runs
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

from ingest.run import ingest
from ingest.sources import SOURCES

SOURCE, TABLE = SOURCES["epa"], "epa/rin_prices"
SINCE = dt.date(2023, 10, 2)
LATER = runs.NOW + dt.timedelta(days=1)
EXPORT = 5  # answers before the export itself: the page and four calls


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    """The last months of the sample, as a publisher's landing."""
    folder = tmp_path_factory.mktemp("recent")
    frame = runs.newest_rows(runs.SAMPLE, TABLE)
    runs.write_rows(folder, TABLE, frame[frame["week_start"] >= pd.Timestamp(SINCE)])
    return folder


@pytest.fixture
def server(recent):
    with PublisherServer({"epa": imitation.publisher(recent)}) as running:
        yield running


def told(landing) -> pd.DataFrame:
    return runs.newest_rows(landing, TABLE)


def edited(server: PublisherServer, *changes: tuple[bytes, bytes]) -> None:
    """The export with some text replaced."""
    whole = server.publishers["epa"]

    def answer(asked):
        given = whole(asked)
        if asked.path == imitation.EXPORT:
            for old, new in changes:
                given = renamed(old, new)(given)
        return given

    server.publishers["epa"] = answer


def test_the_imitation_of_the_sample_gives_the_sample(tmp_path):
    with PublisherServer({"epa": imitation.publisher(runs.SAMPLE)}) as server:
        outcome = runs.run(SOURCE, server, tmp_path)
        assert outcome.error is None
        pd.testing.assert_frame_equal(told(tmp_path), told(runs.SAMPLE))
        before = runs.files_of(tmp_path)
        asked = len(server.asked["epa"])
        outcome = runs.run(SOURCE, server, tmp_path, now=LATER)
        assert outcome.error is None and outcome.new_rows == {TABLE: 0}
        assert runs.files_of(tmp_path) == before
        assert len(server.asked["epa"]) == 2 * asked == 2 * (EXPORT + 1)


@pytest.mark.parametrize(
    ("fault", "after"),
    [(cut_connection, after) for after in range(EXPORT + 2)]
    + [(fault, after) for fault in (too_many_requests, server_error) for after in (0, 1, 4, EXPORT + 1)],
)
def test_a_passing_fault_changes_nothing(server, recent, tmp_path, fault, after):
    server.fail("epa", fault, times=1, after=after)
    assert runs.run(SOURCE, server, tmp_path).error is None
    pd.testing.assert_frame_equal(told(tmp_path), told(recent))


@pytest.mark.parametrize("after", [0, 1, 2, EXPORT + 1])
@pytest.mark.parametrize("fault", [server_error, cut_connection, truncated_body, html_page])
def test_a_lasting_fault_lands_nothing_and_says_so_in_one_line(server, tmp_path, fault, after):
    server.fail("epa", fault, times=None, after=after)
    outcome = runs.run(SOURCE, server, tmp_path)
    assert outcome.error and "\n" not in outcome.error
    assert not runs.files_of(tmp_path)


def test_an_export_cut_off_at_a_line_is_seen_by_the_rows_the_page_shows(server, tmp_path):
    def cut(answer: Answer) -> Answer:
        lines = answer.body.splitlines(keepends=True)
        return Answer(b"".join(lines[: len(lines) // 2]), 200, answer.content_type)

    server.fail("epa", cut, times=None, after=EXPORT + 1)
    outcome = runs.run(SOURCE, server, tmp_path)
    assert "the page shows" in outcome.error and not runs.files_of(tmp_path)


def test_an_export_told_twice_counts_once(server, recent, tmp_path):
    def twice(answer: Answer) -> Answer:
        return Answer(answer.body + answer.body.split(b"\n", 1)[1], 200, answer.content_type)

    server.fail("epa", twice, after=EXPORT + 1)
    assert runs.run(SOURCE, server, tmp_path).error is None
    pd.testing.assert_frame_equal(told(tmp_path), told(recent))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((b'"RIN Price"', b'"Price per RIN"'), "no column RIN Price; found"),
        ((b'"Q-RIN"', b'"Quality RIN"'), "QAP Service Type: expected one of Unverified, Q-RIN"),
        ((b'"D4"', b'"4"'), "Fuel (D Code): expected one of D3, D4"),
        ((b'"$1', b'"USD 1'), "RIN Price: expected a number, found 'USD 1"),
        ((b'"10/02/2023"', b'"2023-10-02"'), "Transfer Date by Week: expected a date"),
        ((b'"2023","2022"', b'"2023","all"'), "RIN Year: expected a date"),
    ],
)
def test_an_odd_export_is_refused_by_name(server, tmp_path, change, said):
    edited(server, change)
    outcome = runs.run(SOURCE, server, tmp_path)
    assert said in outcome.error and "\n" not in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_dashboard_rebuilt_under_other_ids_is_named(server, tmp_path, monkeypatch):
    monkeypatch.setattr(imitation, "PRICES", "another-id")
    outcome = runs.run(SOURCE, server, tmp_path)
    assert "GetObject finds no 302609e3" in outcome.error and "rebuilt?" in outcome.error


def test_a_restated_week_lands_alone_and_later(server, recent, tmp_path):
    runs.run(SOURCE, server, tmp_path)
    before = {path: path.read_bytes() for path in runs.files_of(tmp_path)}
    restated = told(recent)
    restated.loc[3, "price_usd_per_rin"] += 0.25
    runs.write_rows(tmp_path / "publisher", TABLE, restated)
    server.publishers["epa"] = imitation.publisher(tmp_path / "publisher")
    outcome = runs.run(SOURCE, server, tmp_path, now=LATER)
    assert outcome.error is None and outcome.new_rows == {TABLE: 1}
    assert all(path.read_bytes() == content for path, content in before.items())
    pd.testing.assert_frame_equal(told(tmp_path), restated)


def test_an_empty_period_is_no_error(server, tmp_path):
    outcome = runs.run(SOURCE, server, tmp_path, since=dt.date(2015, 1, 1), until=dt.date(2015, 3, 1))
    assert outcome.error is None and outcome.new_rows == {TABLE: 0}
    assert not runs.files_of(tmp_path)


def test_since_and_until_bound_what_lands(server, tmp_path):
    runs.run(SOURCE, server, tmp_path, since=dt.date(2023, 12, 1), until=dt.date(2024, 1, 31))
    weeks = told(tmp_path)["week_start"]
    assert (weeks.min(), weeks.max()) == (pd.Timestamp("2023-12-04"), pd.Timestamp("2024-01-29"))


def test_a_killed_run_goes_on_where_it_was(server, recent, tmp_path):
    landed = runs.Killed(tmp_path, at=1)
    with pytest.raises(KeyboardInterrupt):
        ingest([SOURCE], tmp_path, server.variables(), landed=landed, in_a_hurry=True)
    assert 0 < landed.rows(TABLE) < len(told(recent))
    assert runs.run(SOURCE, server, tmp_path, now=LATER).error is None
    assert all(path.suffix == ".parquet" for path in runs.files_of(tmp_path))
    pd.testing.assert_frame_equal(told(tmp_path), told(recent))
