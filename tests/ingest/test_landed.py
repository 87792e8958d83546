"""Landing: new and revised rows only, whole files only, and nothing mixed or guessed."""

import datetime as dt
import itertools
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.errors import IngestError, UnexpectedAnswerError
from ingest.landed import Landed

TABLE = "fred/observations"
SAMPLE = Path(__file__).parents[2] / "landing" / "sample"
NOW = dt.datetime(2024, 7, 1, 6)


def frame(*rows: tuple) -> pd.DataFrame:
    columns = ["series_id", "observation_date", "value", "realtime_start"]
    return pd.DataFrame(rows, columns=columns)


def row(day: int, value: float | None, vintage: int | None = None, series: str = "DGS10") -> tuple:
    vintage_date = None if vintage is None else dt.date(2024, 2, vintage)
    return series, dt.date(2024, 1, day), value, vintage_date


def vix(day: dt.date) -> pd.DataFrame:
    return pd.DataFrame({"trade_date": [day], **dict.fromkeys(["open", "high", "low", "close"], 13.0)})


def everything(folder) -> list[tuple]:
    query = f"select * from read_parquet('{folder}/{TABLE}/*.parquet') order by all"
    return duckdb.sql(query).fetchall()


@pytest.fixture
def landed(tmp_path):
    return Landed(tmp_path, now=lambda: NOW)


def test_the_same_rows_land_once(landed):
    assert landed.land(TABLE, frame(row(1, 4.0), row(2, 4.1))) == 2
    assert landed.land(TABLE, frame(row(1, 4.0), row(2, 4.1))) == 0
    assert landed.rows(TABLE) == 2


def test_a_revision_is_a_new_file_with_a_later_instant(landed):
    landed.land(TABLE, frame(row(1, 4.0), row(2, 4.1)))
    before = {path: path.read_bytes() for path in landed.folder.rglob("*.parquet")}
    assert landed.land(TABLE, frame(row(1, 4.0), row(2, 4.3), row(3, 4.2))) == 2
    assert all(path.read_bytes() == content for path, content in before.items())
    stamps = sorted({r[-1] for r in everything(landed.folder)})
    assert len(stamps) == 2 and stamps[0] < stamps[1]


def test_two_runs_of_one_instant_do_not_overwrite_each_other(landed):
    landed.land(TABLE, frame(row(1, 4.0)))
    assert Landed(landed.folder, now=lambda: NOW).land(TABLE, frame(row(1, 4.1))) == 1
    assert [(value, stamp) for _, _, value, _, stamp in everything(landed.folder)] == [
        (4.0, NOW),
        (4.1, NOW + dt.timedelta(microseconds=1)),
    ]


def test_a_value_that_goes_back_is_a_revision_again(landed):
    for value in (4.0, 4.1, 4.0):
        assert landed.land(TABLE, frame(row(1, value))) == 1
    assert landed.land(TABLE, frame(row(1, 4.0))) == 0


def test_a_missing_value_that_is_filled_later_is_a_revision(landed):
    assert landed.land(TABLE, frame(row(1, None))) == 1
    assert landed.land(TABLE, frame(row(1, 4.0))) == 1


def test_vintages_of_one_key_land_where_the_value_changed(landed):
    assert landed.land(TABLE, frame(row(1, 4.0, 5), row(1, 4.0, 6), row(1, 4.2, 7), row(1, 4.0, 8))) == 3


def test_a_page_told_twice_counts_once(landed):
    assert landed.land(TABLE, frame(row(1, 4.0), row(1, 4.0))) == 1


def test_one_key_with_two_values_is_refused_whole(landed):
    with pytest.raises(UnexpectedAnswerError, match=r"fred/observations.*DGS10.*2024-01-02"):
        landed.land(TABLE, frame(row(1, 4.0), row(2, 4.0), row(2, 4.5)))
    assert landed.rows(TABLE) == 0


@pytest.mark.parametrize(
    ("rows", "named"),
    [
        (frame(row(1, 4.0)).drop(columns="value"), "no value"),
        (frame(row(1, "much")), "value is no double"),
        (frame((None, dt.date(2024, 1, 1), 4.0, None)), "no series_id"),
    ],
)
def test_rows_that_break_the_contract_are_refused_by_name(landed, rows, named):
    with pytest.raises(UnexpectedAnswerError, match=named):
        landed.land(TABLE, rows)
    assert not list(landed.folder.rglob("*"))


def test_the_newest_date_is_of_the_rows_asked_for(landed):
    landed.land(TABLE, frame(row(1, 4.0), row(9, 4.0, series="DGS2")))
    assert landed.newest_date(TABLE, series_id="DGS10") == dt.date(2024, 1, 1)
    assert landed.newest_date(TABLE) == dt.date(2024, 1, 9)
    assert landed.newest_date(TABLE, series_id="DGS30") is None


def test_a_file_half_written_is_not_a_delivery(landed, monkeypatch):
    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("ingest.landed.pq.write_table", killed)
    with pytest.raises(KeyboardInterrupt):
        landed.land(TABLE, frame(row(1, 4.0)))
    monkeypatch.undo()
    assert landed.rows(TABLE) == 0
    assert landed.land(TABLE, frame(row(1, 4.0))) == 1


def test_what_another_run_is_writing_stays_and_what_a_dead_one_left_goes(landed, monkeypatch):
    landed.land(TABLE, frame(row(1, 4.0)))
    others = {
        alive: landed.folder / TABLE / f".20240701T060000000000Z.parquet.{alive}.part" for alive in (7, 8)
    }
    for other in others.values():
        other.write_bytes(b"half")
    monkeypatch.setattr("ingest.landed.psutil.pid_exists", lambda number: number == 7)
    landed.land(TABLE, frame(row(1, 4.1)))
    assert [number for number, other in others.items() if other.exists()] == [7]


def test_a_hidden_file_is_no_delivery(landed):
    landed.land(TABLE, frame(row(1, 4.0)))
    (landed.folder / TABLE / "._2024.parquet").write_bytes(b"of a file manager")
    assert Landed(landed.folder).newest_date(TABLE) == dt.date(2024, 1, 1)
    assert landed.land(TABLE, frame(row(1, 4.0), row(2, 4.1))) == 1


def test_the_sample_takes_no_real_deliveries():
    with pytest.raises(IngestError, match="simulated"):
        Landed(SAMPLE)


def test_real_deliveries_with_one_simulated_file_among_them_take_no_more(landed):
    landed.land("cboe/vix_1d", vix(dt.date(2024, 1, 2)))
    copy = landed.folder / "fred" / "observations" / "2023.parquet"
    copy.parent.mkdir(parents=True)
    copy.write_bytes((SAMPLE / "fred" / "observations" / "2023.parquet").read_bytes())
    with pytest.raises(IngestError, match="simulated"):
        Landed(landed.folder)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(1, 5), st.sampled_from([1.0, 2.0])), max_size=5), max_size=5))
def test_what_is_newest_in_landing_is_what_was_told_last(tmp_path_factory, runs):
    instants = (NOW + dt.timedelta(minutes=n) for n in itertools.count())
    landed = Landed(tmp_path_factory.mktemp("landing"), now=lambda: next(instants))
    told = {}
    for run in runs:
        values = dict(run)
        told.update(values)
        if values:
            landed.land(TABLE, frame(*(row(day, value) for day, value in values.items())))
    if not told:
        return
    newest = {}
    for _, day, value, _, _ in sorted(everything(landed.folder), key=lambda r: r[-1]):
        assert newest.get(day) != value, "a row that says nothing new"
        newest[day] = value
    assert newest == {dt.date(2024, 1, day): value for day, value in told.items()}
