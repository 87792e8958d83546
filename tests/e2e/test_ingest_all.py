"""`zl ingest --all` as a person types it, all publishers imitated, and the build on what it landed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from builds import PROJECT, Outcome, main_job, rows, scratch, staging_job
from everyone import everyone
from server import PublisherServer, html_page

from ingest.landing_contract import LIVE_ONLY, TABLES
from ingest.sources import SOURCES

SAMPLE = PROJECT / "landing" / "sample"
EXTRAS = ("cboe", "imf", "policy_uncertainty", "refinitiv_quotes")
FETCHED = sorted({table for source in SOURCES.values() for table in source.tables} - LIVE_ONLY)
KILLS_ALWAYS, KILLS = 2, 8
SEED = 20240628
# When and by which file we came to know a value: the publishers here print its newest edition only.
ABOUT_THE_DELIVERY = ("ingested_at", "known_at", "version_number", "_file", "realtime_start")


@dataclass(frozen=True)
class Publishers:
    """The local server and an environment that leads there, keys included."""

    server: PublisherServer
    variables: dict[str, str]
    keys: frozenset[str]

    def environment(self) -> dict[str, str]:
        return os.environ | self.variables | {"COLUMNS": "120"}


def publishers_of(landing: Path) -> Iterator[Publishers]:
    publishers, keys = everyone(landing)
    with PublisherServer(publishers) as server:
        yield Publishers(
            server,
            {**server.variables(), **keys, "ZL_DATABENTO_MAX_USD": "1000"},
            frozenset(keys.values()),
        )


@pytest.fixture(scope="module")
def printed() -> Iterator[Publishers]:
    """Publishers that print the sample."""
    yield from publishers_of(SAMPLE)


@pytest.fixture(scope="module")
def printed_lately(tmp_path_factory) -> Iterator[Publishers]:
    """Publishers that print the sample's last half-year: quick to fetch again and again."""
    recent = tmp_path_factory.mktemp("recent")
    for table in FETCHED:
        (recent / table).mkdir(parents=True)
        shutil.copy(SAMPLE / table / "2024.parquet", recent / table)
    yield from publishers_of(recent)


def start(folder: Path, publishers: Publishers) -> subprocess.Popen:
    return subprocess.Popen(
        [sys.executable, "-c", "from zl.cli import app; app()", "ingest", "--all", "--landing", str(folder)],
        cwd=PROJECT,
        env=publishers.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def zl_ingest(folder: Path, publishers: Publishers) -> Outcome:
    process = start(folder, publishers)
    output, _ = process.communicate()
    return Outcome(process.returncode, output)


def landed_rows(folder: Path) -> dict[str, list[tuple]]:
    """Every landed row of every table, but for its `ingested_at`. Fails on a file that is not whole."""
    return {
        table: duckdb.sql(
            f"select * exclude (ingested_at) from read_parquet('{folder}/{table}/*.parquet') order by all"
        ).fetchall()
        for table in FETCHED
        if list((folder / table).glob("*.parquet"))
    }


def say_a_key(folder: Path, keys: frozenset[str]) -> list[tuple[str, str]]:
    """Files in which a key stands, or whose name holds one."""
    return [
        (str(path), key)
        for path in folder.rglob("*")
        for key in keys
        if key in path.name or (path.is_file() and key.encode() in path.read_bytes())
    ]


@pytest.fixture(scope="module")
def full_ingest(printed, tmp_path_factory) -> tuple[Path, Outcome]:
    """A first ingest of all sources into an empty folder, and what the command printed."""
    folder = tmp_path_factory.mktemp("first") / "landing"
    return folder, zl_ingest(folder, printed)


def test_a_first_ingest_of_all_sources_succeeds_and_is_quiet_in_a_job(full_ingest):
    folder, outcome = full_ingest
    assert outcome.code == 0, outcome.output
    for source in SOURCES.values():
        assert source.name in outcome.output
    assert "\x1b" not in outcome.output and "━" not in outcome.output
    assert set(landed_rows(folder)) == set(FETCHED)


def test_a_second_ingest_finds_nothing_new(full_ingest, printed):
    folder, _ = full_ingest
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    n_asked = {name: len(asked) for name, asked in printed.server.asked.items()}
    outcome = zl_ingest(folder, printed)
    assert outcome.code == 0, outcome.output
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before
    for name in ("databento", "cftc", "farm_policy_news", "farmdoc_daily"):
        assert len(printed.server.asked[name]) - n_asked[name] <= n_asked[name]


def test_what_landed_is_staged_as_the_sample_is(full_ingest, staged_sample, printed, tmp_path, monkeypatch):
    for name, value in printed.variables.items():
        monkeypatch.setenv(name, value)
    folder, _ = full_ingest
    db = tmp_path / "zl.duckdb"
    outcome = staging_job(db, folder)
    assert outcome.code == 0, outcome.output
    with duckdb.connect() as connection:
        connection.execute(f"attach '{scratch(staged_sample)}' as sample (read_only)")
        connection.execute(f"attach '{scratch(db)}' as landed (read_only)")
        for table in FETCHED:
            staged = "staging.stg_" + table.replace("/", "__")
            # Of a feed the page tells no tone: ours is our own score.
            left_out = (*ABOUT_THE_DELIVERY, *(("tone", "scorer_version") if "articles" in table else ()))
            columns = [
                f'"{row[0]}"'
                for row in connection.sql(f"describe from sample.{staged}").fetchall()
                if row[0] not in left_out
            ]
            # Export sales land for every destination; the sample knows two.
            where = "country in ('TOTAL', 'CHINA')" if table == "usda/export_sales" else "true"
            queries = [
                f"select {', '.join(columns)} from {name}.{staged} where {where}"
                for name in ("sample", "landed")
            ]
            for one, other in (queries, queries[::-1]):
                assert connection.sql(f"{one} except all {other} limit 3").fetchall() == [], table
    said = [found for place in (tmp_path, folder) for found in say_a_key(place, printed.keys)]
    assert said == []


@pytest.mark.proof
def test_the_main_job_runs_on_what_landed(full_ingest, printed, tmp_path, monkeypatch):
    for name, value in printed.variables.items():
        monkeypatch.setenv(name, value)
    landing, db = tmp_path / "landing", tmp_path / "zl.duckdb"
    shutil.copytree(full_ingest[0], landing)
    for extra in EXTRAS:
        shutil.copytree(SAMPLE / extra, landing / extra)
    outcome = main_job(db, variables={"landing": str(landing)})
    assert outcome.code == 0, outcome.output
    (served,) = rows(
        db,
        "select max(as_of_date)::varchar, count(distinct horizon) from forecasts.zl_predictions "
        "where as_of_date = (select max(as_of_date) from forecasts.zl_predictions)",
    )
    assert served == ("2024-06-28", 4)
    assert say_a_key(tmp_path, printed.keys) == []
    assert not any(key in outcome.output for key in printed.keys)


def test_a_source_that_fails_does_not_stop_the_others(printed_lately, tmp_path):
    publishers = printed_lately
    publishers.server.fail("fred", html_page, times=None)
    try:
        outcome = zl_ingest(tmp_path / "landing", publishers)
    finally:
        publishers.server.forgive()
    assert outcome.code == 1
    assert outcome.says("expected data, found an HTML page")
    assert set(landed_rows(tmp_path / "landing")) == set(FETCHED) - {"fred/observations"}
    assert not any(key in outcome.output for key in publishers.keys)


def test_missing_keys_are_named_and_cost_only_their_sources(printed_lately, tmp_path):
    publishers = printed_lately
    needing = {source.key.variable: source.tables for source in SOURCES.values() if source.key}
    without = Publishers(
        publishers.server,
        {name: "" if name in needing else value for name, value in publishers.variables.items()},
        publishers.keys,
    )
    outcome = zl_ingest(tmp_path / "landing", without)
    assert outcome.code == 1
    for variable in needing:
        assert outcome.says(f"{variable} is not set")
    lost = {table for tables in needing.values() for table in tables}
    assert set(landed_rows(tmp_path / "landing")) == set(FETCHED) - lost


@pytest.fixture(scope="module")
def uninterrupted(printed_lately, tmp_path_factory) -> tuple[dict[str, list[tuple]], float]:
    """Rows of a run nobody killed, and its seconds."""
    folder, began = tmp_path_factory.mktemp("whole") / "landing", time.monotonic()
    outcome = zl_ingest(folder, printed_lately)
    assert outcome.code == 0, outcome.output
    return landed_rows(folder), time.monotonic() - began


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(number, marks=[] if number < KILLS_ALWAYS else [pytest.mark.proof])
        for number in range(KILLS)
    ],
)
def test_a_killed_run_leaves_whole_files_and_the_next_one_ends_it(
    uninterrupted, printed_lately, tmp_path, number
):
    whole, seconds = uninterrupted
    draws = random.Random(SEED + number)
    folder = tmp_path / "landing"
    for _ in range(2):
        process = start(folder, printed_lately)
        time.sleep(draws.uniform(0.2, 1.0) * seconds)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for table, found in landed_rows(folder).items():
            assert set(found) <= set(whole[table]), table
    outcome = zl_ingest(folder, printed_lately)
    assert outcome.code == 0, outcome.output
    assert landed_rows(folder) == whole
    assert say_a_key(folder, printed_lately.keys) == []
    assert set(whole) == set(FETCHED) and all(TABLES[table] for table in whole)
