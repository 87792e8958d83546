"""USDA's three sources against imitations of their publishers: the right rows or one clear line, and nothing
half landed."""

import datetime as dt
from dataclasses import replace

import pandas as pd
import pytest
import usda_export_sales as fas
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
from typer.testing import CliRunner
from usda_cases import CASES, LATER, SINCE, WITH_KEY, Case, told, write_recent

from ingest.run import ingest
from ingest.sources import SOURCES
from zl.cli import app


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request):
    return request.param


@pytest.fixture(scope="module")
def recent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recent")
    write_recent(folder)
    return folder


@pytest.fixture
def server(case, recent):
    with PublisherServer({case.name: case.imitation.publisher(recent)}) as running:
        yield running


def test_the_imitation_of_the_sample_gives_the_sample(case, tmp_path):
    with PublisherServer({case.name: case.imitation.publisher(runs.SAMPLE)}) as server:
        outcome = runs.run(case.source, server, tmp_path)
        assert outcome.error is None
        pd.testing.assert_frame_equal(told(tmp_path, case), told(runs.SAMPLE, case))

        before = runs.files_of(tmp_path)
        server.asked[case.name].clear()
        outcome = runs.run(case.source, server, tmp_path, now=LATER)
        assert outcome.error is None and outcome.new_rows == {case.table: 0}
        assert runs.files_of(tmp_path) == before
        assert oldest_asked(case, server) >= 2023


def oldest_asked(case: Case, server: PublisherServer) -> int:
    """Oldest calendar year asked for; soybeans only of the export sales, the sample has no others."""
    years = []
    for asked in server.asked[case.name]:
        if "year__GE" in asked.parameters:
            years.append(int(asked.parameters["year__GE"]))
        elif "wasde" in asked.path:
            years.append(int(asked.path.split("-data-")[1][:4]))
        elif "commodityCode/801" in asked.path:
            years.append(int(asked.path.split("/")[-1]) - 1)
    return min(years)


@pytest.mark.parametrize("fault", [too_many_requests, server_error, cut_connection])
def test_a_passing_fault_changes_nothing(case, server, recent, tmp_path, fault):
    server.fail(case.name, fault, times=2, after=1)
    assert runs.run(case.source, server, tmp_path, since=SINCE).error is None
    pd.testing.assert_frame_equal(told(tmp_path, case), told(recent, case))


@pytest.mark.parametrize("fault", [server_error, cut_connection, truncated_body, html_page])
def test_a_lasting_fault_lands_nothing_and_says_so_in_one_line(case, server, tmp_path, fault):
    server.fail(case.name, fault, times=None)
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert outcome.error and "\n" not in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_renamed_field_is_named(case, server, tmp_path):
    def fault(answer: Answer) -> Answer:
        spoiled = renamed(case.field, case.field + b"New")
        return spoiled(answer) if case.field in answer.body else answer

    server.fail(case.name, fault, times=None)
    outcome = runs.run(case.source, server, tmp_path, since=SINCE)
    assert f"no {'column' if case.name == 'usda_wasde' else 'field'} {case.field.decode()};" in outcome.error
    assert not runs.files_of(tmp_path)


def test_a_revised_value_lands_alone_and_later(case, server, recent, tmp_path):
    runs.run(case.source, server, tmp_path, since=SINCE)
    before = {path: path.read_bytes() for path in runs.files_of(tmp_path)}
    revised = runs.newest_rows(recent, case.table)
    at = revised.index[-1]  # the last week of TOTAL, the last month, the last line of the last report
    revised.loc[at, case.value] += 8
    corrected = tmp_path / "publisher"
    runs.write_rows(corrected, case.table, revised)
    server.publishers[case.name] = case.imitation.publisher(corrected)

    landing = tmp_path / case.table
    outcome = runs.run(case.source, server, tmp_path, now=LATER)
    assert outcome.error is None
    # A total revised alone is a destination revised: UNKNOWN has what is left of it.
    assert outcome.new_rows == {case.table: 2 if case.imitation is fas else 1}
    assert all(path.read_bytes() == content for path, content in before.items())
    assert len(set(landing.glob("*.parquet")) - set(before)) == 1
    assert told(tmp_path, case).loc[at, case.value] == revised.loc[at, case.value]


def test_an_empty_period_is_no_error(case, server, tmp_path):
    outcome = runs.run(case.source, server, tmp_path, since=dt.date(2021, 2, 1), until=dt.date(2021, 2, 20))
    assert outcome.error is None and outcome.new_rows == {case.table: 0}
    assert not runs.files_of(tmp_path)


def test_since_and_until_bound_what_lands(case, server, tmp_path):
    since, until = dt.date(2023, 5, 1), dt.date(2024, 2, 15)
    assert runs.run(case.source, server, tmp_path, since=since, until=until).error is None
    dates = told(tmp_path, case)[case.date]
    assert dates.min() >= pd.Timestamp(since) and dates.max() <= pd.Timestamp(until)
    assert dates.max() >= pd.Timestamp(2024, 1, 1)


def test_a_killed_run_goes_on_where_it_was(case, tmp_path):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with PublisherServer({case.name: case.imitation.publisher(runs.SAMPLE)}) as server:
        runs.run(case.source, server, whole)
        variables = {
            **server.variables(),
            "USDA_FAS_API_KEY": runs.KEY,
            "USDA_NASS_API_KEY": runs.KEY,
        }
        landed = runs.Killed(killed, at=1)
        with pytest.raises(KeyboardInterrupt):
            ingest([case.source], killed, variables, landed=landed, in_a_hurry=True)
        assert 0 < landed.rows(case.table) < len(runs.newest_rows(whole, case.table))
        assert runs.run(case.source, server, killed, now=LATER).error is None
    assert all(path.suffix == ".parquet" for path in runs.files_of(killed))
    pd.testing.assert_frame_equal(told(killed, case), told(whole, case))


@pytest.mark.parametrize("case", WITH_KEY, ids=lambda case: case.name, indirect=True)
def test_a_missing_key_says_which_and_what_works_without(case, server, tmp_path):
    (outcome,) = ingest([case.source], tmp_path, server.variables())
    assert case.source.key.variable in outcome.error and "WASDE (no key) still come" in outcome.error
    assert not server.asked[case.name]


@pytest.mark.parametrize("case", WITH_KEY, ids=lambda case: case.name, indirect=True)
def test_a_wrong_key_is_never_said(case, server, tmp_path, caplog):
    outcome = runs.run(case.source, server, tmp_path, key=case.imitation.WRONG_KEY)
    assert "answered 40" in outcome.error
    assert case.imitation.WRONG_KEY not in outcome.error + caplog.text


def test_zl_ingest_usda_lands_all_three_and_a_missing_key_stops_its_own_only(recent, tmp_path, monkeypatch):
    with PublisherServer({one.name: one.imitation.publisher(recent) for one in CASES}) as server:
        for name, value in {
            **server.variables(),
            "USDA_FAS_API_KEY": runs.KEY,
            "COLUMNS": "200",
        }.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("USDA_NASS_API_KEY", raising=False)
        for one in CASES:
            monkeypatch.setitem(SOURCES, one.name, replace(one.source, pause=0.0))
        period = ["--since", "2024-05-01", "--until", "2024-06-30"]
        shown = CliRunner().invoke(app, ["ingest", "usda", "--landing", str(tmp_path), *period])
    assert shown.exit_code == 1
    rows = {line.split()[0]: line for line in shown.output.splitlines() if line.strip().startswith("usda")}
    assert list(rows) == [one.name for one in CASES]
    assert "USDA_NASS_API_KEY is not set" in rows["usda_nass_crush"]
    assert "2024-06-20" in rows["usda_export_sales"] and "2024-06-10" in rows["usda_wasde"]
    assert runs.KEY not in shown.output
