"""FRED, EIA and CFTC alike: the sample comes through whole, a run fetches what is new, and no fault of a
publisher or of this machine leaves wrong or half rows behind."""

from __future__ import annotations

import datetime as dt
import logging
import shutil
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import cftc
import eia
import fred
import pytest
from runs import NOW, SAMPLE, deliver_changed, everything, few_seeds, files, newest, run
from server import (
    Answer,
    Asked,
    PublisherServer,
    cut_connection,
    html_page,
    renamed,
    server_error,
    too_many_requests,
    truncated_body,
)
from small import ask_for_little, small_landing

import ingest.cftc
import ingest.eia
import ingest.fred
from ingest.landed import Landed
from ingest.seeds import seed_rows

IDS = (("fred_series", "series_id"), ("eia_series", "series_id"), ("cot_contracts", "cftc_contract_code"))
LATER = NOW + dt.timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A source and its imitation; a table of it with its key, a value and the publisher's name of a field;
    the constant that sets the size of a page, and the parameter that says where a page starts."""

    source: ModuleType
    imitation: ModuleType
    table: str
    key: str
    value: str
    field: str
    page: str
    offset: str

    @property
    def name(self) -> str:
        return self.source.SOURCE.name

    @property
    def secret(self) -> str | None:
        return getattr(self.imitation, "KEY", None)

    def server(self, landing: Path) -> PublisherServer:
        return PublisherServer({self.name: self.imitation.publisher(landing)})

    def run(self, server: PublisherServer, folder: Path, **more):
        return run(self.source.SOURCE, server, folder, **{"key": self.secret, **more})

    def landed(self, folder: Path) -> dict[str, list[tuple]]:
        return {table: everything(folder, table) for table in self.source.SOURCE.tables}


FRED = Case(
    ingest.fred,
    fred,
    "fred/observations",
    "series_id, observation_date",
    "value",
    "value",
    "OBSERVATIONS_A_PAGE",
    "offset",
)
EIA = Case(ingest.eia, eia, "eia/series", "series_id, period", "value", "units", "ROWS_A_PAGE", "offset")
CFTC = Case(
    ingest.cftc,
    cftc,
    "cftc/cot_legacy",
    "report_date, cftc_contract_code",
    "open_interest",
    "noncomm_positions_long_all",
    "ROWS_A_PAGE",
    "$offset",
)
each_source = pytest.mark.parametrize("case", [FRED, EIA, CFTC], ids=lambda case: case.name)


@pytest.fixture(scope="module")
def few_rows(tmp_path_factory) -> Path:
    return small_landing(tmp_path_factory.mktemp("theirs"))


@pytest.fixture
def theirs(few_rows, tmp_path, monkeypatch) -> Path:
    """A landing folder the publishers speak for: few rows, and no more is asked for."""
    ask_for_little(tmp_path / "seeds", monkeypatch)
    return few_rows


@pytest.fixture
def ours(tmp_path) -> Path:
    """Where the run under test lands."""
    return tmp_path / "ours"


@each_source
def test_the_sample_comes_through_whole_and_a_second_run_asks_for_the_last_stretch(
    case, tmp_path, monkeypatch
):
    delivered = {row[column] for column in (0, 1) for row in everything(SAMPLE, case.table)}
    kept = {name: tuple(row[id_] for row in seed_rows(name) if row[id_] in delivered) for name, id_ in IDS}
    monkeypatch.setattr("ingest.seeds.SEEDS", few_seeds(tmp_path / "seeds", **kept))
    columns = "* exclude (ingested_at, realtime_start)" if case is FRED else "* exclude (ingested_at)"
    ours = tmp_path / "ours"
    with case.server(SAMPLE) as server:
        assert case.run(server, ours).error is None
        first = server.asked[case.name][:]
        before = files(ours)
        again = case.run(server, ours, at=LATER)
    sample = newest(SAMPLE, case.table, case.key, columns)
    assert newest(ours, case.table, case.key, columns) == sample
    assert again.error is None and set(again.new_rows.values()) == {0}
    assert files(ours) == before
    second = [asked for asked in server.asked[case.name][len(first) :] if is_about(asked, case.table)]
    assert 3 <= len(second) <= len(first) and all(start_of(asked) >= "2023-05" for asked in second)


def is_about(asked: Asked, table: str) -> bool:
    """Whether a request is about a table the sample delivers."""
    others = {"eia/series": "feedbiofuel", "cftc/cot_legacy": "72hh-3qpy"}
    return others.get(table, "no other") not in asked.path


def start_of(asked: Asked) -> str:
    """The first day a request is about; of FRED the first vintage."""
    told = asked.parameters
    return told.get("realtime_start") or told.get("start") or told["$where"].split("between '")[1][:10]


@each_source
@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection, truncated_body])
@pytest.mark.parametrize("after", [0, 2])
def test_a_fault_that_passes_changes_nothing(case, theirs, ours, fault, after):
    with case.server(theirs) as server:
        server.fail(case.name, fault, times=2, after=after)
        assert case.run(server, ours).error is None
    assert case.landed(ours) == case.landed(theirs)


@each_source
@pytest.mark.parametrize("after", [0, 1, 2])
def test_html_ends_in_one_line_and_the_next_run_completes(case, theirs, ours, after):
    whole = case.landed(theirs)
    with case.server(theirs) as server:
        server.fail(case.name, html_page, times=1, after=after)
        outcome = case.run(server, ours)
        assert "HTML" in outcome.error and "\n" not in outcome.error
        for table, rows in case.landed(ours).items():
            assert set(rows) <= set(whole[table])
        assert case.run(server, ours).error is None
    assert case.landed(ours) == case.landed(theirs)


@each_source
def test_a_renamed_field_is_named_and_nothing_lands(case, theirs, ours):
    field = f'"{case.field}"'.encode()

    def rename(answer: Answer) -> Answer:
        return renamed(field, b'"another"')(answer) if field in answer.body else answer

    with case.server(theirs) as server:
        server.fail(case.name, rename, times=None)
        outcome = case.run(server, ours)
    assert case.field in outcome.error and "\n" not in outcome.error
    assert not list(ours.rglob("*.parquet"))


@each_source
def test_a_revised_value_lands_as_one_row_of_a_new_file(case, theirs, ours, tmp_path):
    with case.server(theirs) as server:
        assert case.run(server, ours).error is None
    before = files(ours)
    theirs_later = shutil.copytree(theirs, tmp_path / "theirs later")
    revised = deliver_changed(theirs_later, case.table, case.key, case.value, LATER)
    with case.server(theirs_later) as server:
        outcome = case.run(server, ours, at=LATER)
    assert outcome.error is None and outcome.new_rows[case.table] == 1
    assert before.items() < files(ours).items() and len(files(ours)) == len(before) + 1
    assert revised in newest(ours, case.table, case.key)


@each_source
def test_pages_are_read_to_the_end(case, theirs, ours, monkeypatch):
    monkeypatch.setattr(case.source, case.page, 2)
    with case.server(theirs) as server:
        assert case.run(server, ours).error is None
        offsets = {asked.parameters.get(case.offset) for asked in server.asked[case.name]}
    assert case.landed(ours) == case.landed(theirs)
    assert {"0", "2"} <= offsets


@each_source
def test_a_page_that_comes_twice_is_an_error(case, theirs, ours, monkeypatch):
    monkeypatch.setattr(case.source, case.page, 2)
    pages: list[Answer] = []

    def stuck(answer: Answer) -> Answer:
        if case.field.encode() in answer.body:
            pages.append(answer)
            return pages[0]
        return answer

    with case.server(theirs) as server:
        server.fail(case.name, stuck, times=None)
        outcome = case.run(server, ours)
    assert outcome.error is not None and "\n" not in outcome.error
    assert len(pages) <= 5
    assert not list(ours.rglob("*.parquet"))


@each_source
def test_a_period_without_rows_is_no_error(case, theirs, ours):
    with case.server(theirs) as server:
        outcome = case.run(server, ours, since=dt.date(2023, 1, 1), until=dt.date(2023, 2, 1))
    assert outcome.error is None and set(outcome.new_rows.values()) == {0}


@each_source
@pytest.mark.parametrize("n_batches", [0, 1])
def test_a_run_killed_between_batches_is_completed_by_the_next(case, theirs, ours, n_batches):
    class Killed(Landed):
        n_landed = 0

        def land(self, table, frame):
            if self.n_landed == n_batches:
                raise KeyboardInterrupt
            self.n_landed += 1
            return super().land(table, frame)

    with case.server(theirs) as server:
        with pytest.raises(KeyboardInterrupt):
            case.run(server, ours, landed=Killed(ours, now=lambda: NOW))
        assert case.run(server, ours).error is None
    assert case.landed(ours) == case.landed(theirs)


@each_source
def test_since_and_until_bound_what_lands(case, theirs, ours):
    with case.server(theirs) as server:
        since, until = dt.date(2024, 1, 9), dt.date(2024, 1, 16)
        assert case.run(server, ours, since=since, until=until).error is None
    days = {value for row in everything(ours, case.table) for value in row[:2] if isinstance(value, dt.date)}
    assert days == {since, until}


@pytest.mark.parametrize("case", [FRED, EIA], ids=lambda case: case.name)
def test_a_key_that_is_missing_or_wrong_is_one_line_and_is_never_told(case, theirs, ours, caplog):
    caplog.set_level(logging.DEBUG)
    variable = case.source.SOURCE.key.variable
    with case.server(theirs) as server:
        missing = case.run(server, ours, key=None)
        assert variable in missing.error and "https://" in missing.error and "\n" not in missing.error
        assert not server.asked[case.name]
        wrong = case.run(server, ours, key="wrong-k3y")
        assert "answered 40" in wrong.error and "\n" not in wrong.error
        right = case.run(server, ours)
    told = f"{wrong}{right}{caplog.text}{files(ours)}"
    assert right.error is None and "wrong-k3y" not in told and case.secret not in told
