"""`zl quality`: the grid, the alarms in words, and the served log."""

import datetime as dt
import fcntl
import io
import json
import shutil
from pathlib import Path

import duckdb
import pytest
from rich.console import Console
from test_cli import hold_open, write_snapshot
from typer.testing import CliRunner

from zl import cli
from zl import quality as checking
from zl.quality import (
    LOG,
    QualityError,
    QualityReport,
    add_to_served_log,
    copy_database,
    logged_rows,
    own_database,
    reason_to_skip_layers,
    run_quality,
    without_echoes,
)
from zl.quality_grid import as_plain_data, cell_words, measured_words, offender_words, print_report
from zl.served import ServedError

CLOCK = dt.datetime(2024, 7, 1, 6)


def check(name: str, source: str, dimension: str, status: str = "pass", **values) -> dict:
    """One row of the log."""
    row = {
        "checked_at": CLOCK,
        "command": "quality",
        "run_id": None,
        "check_name": name,
        "source": source,
        "dimension": dimension,
        "severity": "error",
        "status": status,
        "failing_rows": 0,
        "measured": 0.0,
        "limit_value": 0.0,
        "offenders": [],
        "description": f"What {name} says.",
    }
    return row | values


CHECKS = [
    check("eia_fresh", "eia", "timeliness"),
    check(
        "cot_late",
        "cftc",
        "timeliness",
        "error",
        failing_rows=4,
        measured=26.0,
        limit_value=18.0,
        offenders=[
            {"item": code, "measured": 26.0, "alarm": 2, "warn_limit": 11}
            for code in ("007601", "005602", "026603", "002602")
        ],
    ),
    check(
        "bar_refused",
        "databento",
        "validity",
        "warn",
        failing_rows=1,
        measured=1.0,
        offenders=[{"symbol": "[ZL]", "quarantine_reason": "impossible_bar"}],
    ),
    check("bar_fine", "databento", "validity"),
    check("crossing", "forecasts", "validity", "skipped", measured=None, failing_rows=None),
]


def printed(report: QualityReport) -> str:
    console = Console(file=io.StringIO(), width=80, record=True, highlight=False)
    print_report(report, console)
    return console.export_text()


@pytest.fixture
def report() -> QualityReport:
    return QualityReport(CLOCK, "landing/sample", CHECKS, ["Not logged: busy."], 12.3, 0.6)


def test_the_grid_has_a_row_for_each_source_that_was_checked_and_fits_80_columns(report):
    lines = printed(report).splitlines()
    assert max(map(len, lines)) <= 80
    grid = {words[0]: words[1:] for words in (line.split() for line in lines[:12]) if words}
    assert grid["eia"] == ["-", "-", "-", "1", "pass", "-", "-"]
    assert grid["databento"] == ["-", "-", "-", "-", "1", "warn", "-"]
    assert grid["cftc"] == ["-", "-", "-", "1", "error", "-", "-"]
    assert "usda" not in grid


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ({}, "-"),
        ({"pass": 9}, "[green]9 pass[/]"),
        ({"pass": 9, "warn": 2}, "[yellow]2 warn[/]"),
        ({"warn": 2, "error": 1, "pass": 3}, "[bold red]1 error[/]\n[yellow]2 warn[/]"),
        ({"skipped": 3, "pass": 1}, "[dim]3 skip[/]"),
    ],
)
def test_a_cell_names_its_alarms_and_else_how_many_passed(counts, words):
    assert cell_words(counts) == words


def test_alarms_come_with_value_limit_and_first_offenders_errors_first(report):
    text = printed(report)
    assert text.index("error  cot_late  (cftc, timeliness): 26, limit 18") < text.index("warn  bar_refused")
    assert "item 007601, measured 26" in text
    assert "and 1 more" in text
    assert "002602" not in text
    assert "symbol [ZL], quarantine_reason impossible_bar" in text
    assert "bar_refused  (databento, validity): 1 row" in text
    assert "Not logged: busy." in text
    assert "5 checks: 1 error, 1 warn, 1 skipped, 2 pass. 12 s, peak memory 0.6 GiB." in text


def test_values_are_told_without_noise():
    assert offender_words("Runtime Error: no table") == "Runtime Error: no table"
    assert offender_words({"file": "a", "n_cases": 7, "measured": 0.123456789}) == "file a, measured 0.123457"
    assert measured_words(CHECKS[-1]) == ""


def test_json_holds_the_grid_and_every_check(report):
    data = json.loads(json.dumps(as_plain_data(report), default=str, allow_nan=False))
    assert data["grid"]["cftc"]["timeliness"] == {"error": 1}
    assert [alarm["check_name"] for alarm in data["alarms"]] == ["cot_late", "bar_refused"]
    assert len(data["checks"]) == len(CHECKS)
    assert data["has_errors"]


@pytest.mark.parametrize(("kept", "code"), [(CHECKS, 1), ([CHECKS[0], CHECKS[2]], 0)])
def test_the_exit_code_is_1_on_errors_and_0_on_warnings(monkeypatch, kept, code):
    asked = []

    def answer(db, landing, clock, progress):
        asked.append((db, landing, clock))
        return QualityReport(CLOCK, "landing/sample", kept)

    monkeypatch.setattr(cli, "run_quality", answer)
    done = CliRunner().invoke(cli.app, ["quality", "--clock", "2024-07-01", "--db", "some.duckdb"])
    assert done.exit_code == code, done.output
    assert asked == [(Path("some.duckdb"), None, dt.datetime(2024, 7, 1))]


def test_what_could_not_be_checked_is_one_line(monkeypatch):
    def refuse(*_):
        raise QualityError("dbt stopped:\n no profile")

    monkeypatch.setattr(cli, "run_quality", refuse)
    done = CliRunner().invoke(cli.app, ["quality"])
    assert done.exit_code == 1
    assert done.stderr.strip().splitlines()[-1] == "Error: dbt stopped: no profile"


def test_what_a_refused_delivery_kept_from_being_built_is_skipped_and_the_refusal_is_the_error():
    gone = ["Runtime Error in test eia_fresh Catalog Error: Table with name stg_eia__series does not exist!"]
    echo = check("eia_fresh", "eia", "timeliness", "error", measured=None, failing_rows=None, offenders=gone)
    refusal = check(
        "eia_series_keeps_the_contract",
        "eia",
        "validity",
        "error",
        measured=None,
        offenders=["Refused delivery."],
    )
    assert [row["status"] for row in without_echoes([dict(echo), dict(refusal)])] == ["skipped", "error"]
    assert [row["status"] for row in without_echoes([dict(echo), CHECKS[1]])] == ["error", "error"]


# The served log


def make_log(db: Path) -> None:
    with duckdb.connect(str(db)) as connection:
        connection.execute("create schema ops")
        connection.execute(
            f"create table {LOG} (checked_at timestamp, command varchar, run_id varchar, check_name varchar, "
            "source varchar, dimension varchar, severity varchar, status varchar, failing_rows bigint, "
            "measured double, limit_value double, offenders varchar, description varchar)"
        )
        connection.execute(
            f"insert into {LOG} (checked_at, command, check_name) values ('2024-07-01', 'test', 'kept')"
        )


def test_the_log_takes_a_run_once_and_keeps_what_others_wrote(tmp_path):
    db = tmp_path / "zl.duckdb"
    make_log(db)
    folder = tmp_path / "zl.duckdb.snapshots" / "run"
    folder.mkdir(parents=True)
    Path(f"{db}.snapshot").symlink_to(folder)
    for _ in range(2):
        assert add_to_served_log(db, CHECKS) is None
    with duckdb.connect(str(db), read_only=True) as connection:
        assert connection.sql(f"select count(*) from {LOG}").fetchone() == (len(CHECKS) + 1,)
        copy = f"'{folder}/{LOG}.parquet'"
        assert connection.sql(f"select count(*) from {copy}").fetchone() == (len(CHECKS) + 1,)
    shutil.copy(db, tmp_path / "own.duckdb")
    again = {row["check_name"]: row for row in logged_rows(tmp_path / "own.duckdb")}
    assert again["cot_late"] == CHECKS[1]
    assert again["eia_fresh"]["offenders"] == []


def test_without_a_served_file_or_its_log_nothing_is_made(tmp_path):
    db = tmp_path / "zl.duckdb"
    assert "Not logged" in add_to_served_log(db, CHECKS)
    assert not db.exists()
    duckdb.connect(str(db)).close()
    assert "earlier version" in add_to_served_log(db, CHECKS)


def test_layers_are_left_out_in_words(tmp_path):
    db = tmp_path / "zl.duckdb"
    run = {"run_id": "a", "landing": "landing/sample", "code_fingerprint": "x"}
    assert "nothing can be read" in reason_to_skip_layers(db, {}, "landing/sample")
    assert "was built from landing/sample" in reason_to_skip_layers(db, run, "landing/other")
    assert "is gone or in use" in reason_to_skip_layers(db, run, "landing/sample")
    with duckdb.connect(f"{db}.build") as connection:
        connection.execute("create schema ops")
        connection.execute("create table ops.training_runs as select 'b' as run_id, 'x' as code_fingerprint")
    assert "a later run" in reason_to_skip_layers(db, run, "landing/sample")
    with duckdb.connect(f"{db}.build") as connection:
        connection.execute("update ops.training_runs set run_id = 'a'")
    assert "other code" in reason_to_skip_layers(db, run, "landing/sample")


def test_while_a_build_holds_the_file_the_deliveries_of_the_served_run_are_checked(
    served_db, tmp_path, monkeypatch
):
    db, asked = Path(shutil.copy(served_db, tmp_path / "zl.duckdb")), []
    with duckdb.connect(str(db)) as connection:
        connection.execute("update ops.training_runs set landing = 'landing/mine'")

    def dbt(own, variables, *rest):
        asked.append(variables["landing"])
        own.with_name("building.txt").write_text("")

    monkeypatch.setattr(checking, "dbt", dbt)
    write_snapshot(db)
    holder = hold_open(db)
    try:
        with pytest.raises(QualityError, match="No check was run"):
            run_quality(db, None, None, lambda words: None)
        db.with_name("zl.duckdb.snapshot").unlink()
        with pytest.raises(ServedError, match="A build is running"):
            run_quality(db, None, None, lambda words: None)
        with pytest.raises(QualityError, match="No check was run"):
            run_quality(db, tmp_path, None, lambda words: None)
    finally:
        holder.communicate()
    assert set(asked[:-2]) == {"landing/mine"} and set(asked[-2:]) == {str(tmp_path)}


def test_deliveries_are_checked_in_a_place_of_their_own(tmp_path):
    db = tmp_path / "zl.duckdb"
    places = {
        own_database(db, landing) for landing in ("landing/sample", "./landing/sample", "../shared/landing")
    }
    assert len(places) == 2
    assert all(place.is_relative_to(f"{db}.quality") for place in places)
    assert checking.PROJECT not in {place.parent for place in places}


def test_what_a_killed_build_left_in_its_log_is_copied_and_what_another_left_is_not(tmp_path):
    source, target = tmp_path / "zl.duckdb.build", tmp_path / "quality.duckdb.build"
    for path, rows in ((source, 3), (target, 7)):
        with duckdb.connect(str(path)) as connection:
            connection.execute("create table bars as select 0 as bar")
            connection.execute("checkpoint")
            connection.execute("pragma disable_checkpoint_on_shutdown")
            connection.execute(f"insert into bars from range(1, {rows})")
        assert Path(f"{path}.wal").exists()
    copy_database(source, target)
    with duckdb.connect(str(target), read_only=True) as connection:
        assert connection.sql("select bar from bars order by bar").fetchall() == [(0,), (1,), (2,)]


def test_a_database_somebody_builds_in_is_not_copied(tmp_path):
    source = tmp_path / "zl.duckdb.build"
    with hold_open(source), pytest.raises(QualityError, match="cannot be copied"):
        copy_database(source, tmp_path / "copy.duckdb")


def test_the_same_deliveries_are_not_checked_twice_at_once(tmp_path):
    db = tmp_path / "zl.duckdb"
    own = own_database(db, str(tmp_path))
    own.parent.mkdir(parents=True)
    with Path(f"{own}.lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        with pytest.raises(QualityError, match="being checked already"):
            run_quality(db, tmp_path, None, print)


def test_a_damaged_served_file_is_not_called_busy(tmp_path):
    db = tmp_path / "zl.duckdb"
    db.write_bytes(b"no database" * 1000)
    assert "cannot be written" in add_to_served_log(db, CHECKS)
