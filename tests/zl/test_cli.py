"""`zl`: what it prints, in one line what went wrong, and what it does beside a running build."""

import dataclasses
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
import yaml
from served_database import write_served
from typer.testing import CliRunner

from zl import replay as replaying
from zl.cli import app
from zl.record import compare, horizon_record, skill_words
from zl.replay import Switches, bits, build_replay, differences, reasons_to_differ, replay_database
from zl.served import ServedError, copy_of, lock_holder, open_served, open_snapshot
from zl.show import (
    carried_words,
    data_age,
    latest_forecast,
    median_words,
    past_forecast,
    session_trouble,
)

PROJECT = Path(__file__).parents[2]
TODAY = dt.date(2021, 5, 20)


def run(*args: str):
    """Run `zl ARGS` on a terminal of 80 columns."""
    return CliRunner().invoke(app, list(args), env={"COLUMNS": "80"})


def hold_open(path: Path) -> subprocess.Popen:
    """Another process that holds `path` as a build does."""
    code = (
        f"import duckdb, sys; c = duckdb.connect({str(path)!r}); print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout.readline() == b"held\n"
    return holder


def write_snapshot(path: Path) -> None:
    """What publishing leaves beside `path`: Parquet files behind a link."""
    folder = path.with_name(f"{path.name}.snapshots") / "run"
    folder.mkdir(parents=True)
    with duckdb.connect(str(path), read_only=True) as connection:
        names = connection.sql("select schema_name || '.' || table_name from duckdb_tables()").fetchall()
        for (name,) in names:
            connection.execute(f"copy {name} to '{folder}/{name}.parquet' (format parquet)")
    path.with_name(f"{path.name}.snapshot").symlink_to(folder)


# What `zl show` says


def test_show_prints_every_horizon_with_its_date_quantiles_and_risk(served_db):
    with open_served(served_db) as served:
        rows = latest_forecast(served, TODAY)["forecasts"]
    printed = run("show", "--db", str(served_db)).stdout
    for row in rows:
        (line,) = [line for line in printed.splitlines() if str(row["target_date"]) in line]
        expected = [f"{row[f'{level}_cents_per_lb']:.2f}" for level in ("p10", "p50", "p90")]
        expected += [
            f"{row[f'{measure}_{side}_cents_per_lb']:.2f}"
            for side in ("holder", "buyer")
            for measure in ("var_95", "cvar_95")
        ]
        assert line.split() == [row["horizon"], str(row["target_date"]), *expected]
        assert f"{row['var_95_holder_usd_per_contract']:,.0f}" in printed


def test_show_fits_a_terminal_of_80_columns_without_cutting_a_number(tmp_path):
    write_served(tmp_path / "dear.duckdb", n_sessions=140)
    with duckdb.connect(str(tmp_path / "dear.duckdb")) as connection:
        for name in ("close_cents_per_lb", "p10_cents_per_lb", "p50_cents_per_lb", "p90_cents_per_lb"):
            connection.execute(f"update forecasts.zl_predictions set {name} = 100 + {name}")
        connection.execute(
            "update forecasts.zl_predictions set cvar_95_buyer_usd_per_contract = 28143, "
            "cvar_95_holder_usd_per_contract = 28143"
        )
    printed = run("show", "--db", str(tmp_path / "dear.duckdb")).stdout
    assert "…" not in printed and "28,143" in printed
    assert max(len(line) for line in printed.splitlines()) <= 80


def test_show_of_a_past_session_gives_its_forecast_and_what_came(served_db):
    day = dt.date(2020, 12, 1)  # three months later is known, six are not
    with open_served(served_db) as served:
        rows = served.rows(
            "select * from forecasts.zl_predictions where as_of_date = ? order by horizon_sessions", [day]
        )
    result = run("show", "--as-of", str(day), "--db", str(served_db))
    lines = result.stdout.splitlines()
    assert result.exit_code == 0 and lines[0].startswith("SAMPLE DATA") and max(map(len, lines)) <= 80
    assert f"close of {day}: {rows[0]['close_cents_per_lb']:.2f} cents/lb" in lines[1]
    assert "are recomputed by each run" in " ".join(lines) and "Who speaks" not in result.stdout
    for row in rows:
        forecast, outcome = (line.split() for line in lines if str(row["target_date"]) in line)
        quantiles = [f"{row[f'{level}_cents_per_lb']:.2f}" for level in ("p10", "p50", "p90")]
        assert forecast[:5] == [row["horizon"], str(row["target_date"]), *quantiles]
        actual, p10, p90 = (row[f"{name}_cents_per_lb"] for name in ("actual", "p10", "p90"))
        if row["horizon"] == "6m":
            assert actual is None and outcome[2:] == ["not", "known"]
            continue
        place = "inside" if p10 <= actual <= p90 else "below" if actual < p10 else "above"
        assert outcome[2:] == [f"{actual:.2f}", f"{actual - row['close_cents_per_lb']:+.2f}", place]


def test_outcomes_outside_the_band_are_told_on_their_side(served_db):
    with open_served(served_db) as served:
        for side, beyond in (("below", "< p10"), ("above", "> p90")):
            (found,) = served.rows(
                "select as_of_date, target_date from forecasts.zl_predictions where horizon = '1w' and "
                f"actual_cents_per_lb {beyond}_cents_per_lb order by 1 limit 1"
            )
            (row, *_) = past_forecast(served, found["as_of_date"])["forecasts"]
            assert row["is_inside_band"] is False
            printed = run("show", "--as-of", str(found["as_of_date"]), "--db", str(served_db)).stdout
            lines = [line for line in printed.splitlines() if line.startswith("1w")]
            assert lines[1].split()[-1] == side


def test_json_of_a_past_session_holds_its_outcome(served_db):
    answer = json.loads(run("show", "--json", "--as-of", "2020-12-01", "--db", str(served_db)).stdout)
    assert answer["run"]["as_of_date"] == "2020-12-01" and "not a log" in answer["past_rows"]
    assert [row["is_inside_band"] is None for row in answer["forecasts"]] == [False, False, False, True]
    assert answer["forecasts"][0]["actual_cents_per_lb"] > 0


@pytest.mark.parametrize("command", ["show", "replay"])
@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ("2020-12-05", "; the session before it is 2020-12-04. Served: 2019-01-02 to 2021-05-18."),
        ("1999-01-01", "is served. Served: 2019-01-02 to 2021-05-18."),
        ("2031-01-01", "; the session before it is 2021-05-18. Served: 2019-01-02 to 2021-05-18."),
    ],
)
def test_a_day_without_a_forecast_is_refused_before_anything_is_built(
    command, asked, words, served_db, monkeypatch
):
    def build(*_):
        raise AssertionError("nothing is to be built")

    monkeypatch.setattr("zl.cli.build_replay", build)
    result = run(command, "--as-of", asked, "--db", str(served_db))
    one_line(result, f"no forecast of {asked} is served", words)
    assert result.exit_code == 2


def test_deliveries_that_are_not_served_are_replayed_on_days_of_their_own(served_db, tmp_path, monkeypatch):
    built = []
    monkeypatch.setattr("zl.cli.build_replay", lambda db, switches: built.append(switches) or served_db)
    run("replay", "--as-of", "2031-01-01", "--landing", str(tmp_path), "--db", str(served_db))
    assert [switches.as_of for switches in built] == [dt.date(2031, 1, 1)]


def test_a_served_session_is_no_trouble(served_db):
    with open_served(served_db) as served:
        assert session_trouble(served, dt.date(2020, 12, 1)) == ""


def test_a_median_at_the_close_is_told_and_a_moved_one_is_not(served_db, tmp_path):
    rows = [
        {"horizon": "1w", "close_cents_per_lb": 40.0, "p50_cents_per_lb": 40.004},
        {"horizon": "1m", "close_cents_per_lb": 40.0, "p50_cents_per_lb": 40.01},
    ]
    assert median_words(rows).startswith("The median is the last close at 1w: ")
    assert median_words(rows[1:]) == ""
    assert "the product is the band" in " ".join(run("show", "--db", str(served_db)).stdout.split())


def test_show_names_the_checkpoint_chronos_used(served_db):
    printed = run("show", "--db", str(served_db)).stdout
    assert "chronos_bolt is ml/checkpoints/chronos_bolt_zl_small@0123456789ab." in printed.splitlines()


def test_the_sample_is_called_a_sample_and_real_data_is_not(served_db, tmp_path):
    assert run("show", "--db", str(served_db)).stdout.startswith("SAMPLE DATA")
    write_served(tmp_path / "real.duckdb", data_origin="landing", n_sessions=140)
    assert "SAMPLE" not in run("show", "--db", str(tmp_path / "real.duckdb")).stdout


def test_the_age_of_real_data_is_told_and_old_data_is_called_stale():
    at = {"data_origin": "landing", "data_through_date": dt.date(2024, 6, 28)}
    assert data_age(at | {"age_days": 1}) == "through 2024-06-28, 1 day old."
    assert data_age(at | {"age_days": 4}) == "through 2024-06-28, 4 days old."
    assert "STALE" in data_age(at | {"age_days": 5})
    assert "STALE" not in data_age(at | {"age_days": 900, "data_origin": "sample"})
    assert "1,200 days AHEAD of today" in data_age(at | {"age_days": -1200})


def test_tomorrows_session_may_be_another_time_zones_today_and_the_day_after_may_not():
    at = {"data_origin": "landing", "data_through_date": dt.date(2024, 6, 28)}
    assert "AHEAD" not in data_age(at | {"age_days": -1})
    assert "2 days AHEAD of today" in data_age(at | {"age_days": -2})
    assert "AHEAD" not in data_age(at | {"age_days": -2, "data_origin": "sample"})


@pytest.mark.parametrize("columns", ["40", "79"])
def test_a_narrow_terminal_cuts_no_digit(columns, served_db):
    for command in ("show", "score"):
        narrow = CliRunner().invoke(app, [command, "--db", str(served_db)], env={"COLUMNS": columns})
        assert narrow.stdout == run(command, "--db", str(served_db)).stdout
        assert "…" not in narrow.stdout


def test_buckets_on_old_values_are_named_with_their_age(served_db, tmp_path):
    assert "Carried" not in run("show", "--db", str(served_db)).stdout
    db = shutil.copy(served_db, tmp_path / "zl.duckdb")
    with duckdb.connect(str(db)) as connection:
        connection.execute(
            "update forecasts.zl_predictions set carried_buckets = 'crush,fed', oldest_input_days = 96 "
            "where as_of_date = (select max(as_of_date) from forecasts.zl_predictions)"
        )
        connection.execute(
            "update features.bucket_scores set coverage_frac = 0 where bucket in ('fx', 'biofuel')"
        )
    printed = " ".join(run("show", "--db", str(db)).stdout.split())
    assert "Carried: crush, fed stand on values up to 96 days old at that close, or do without one" in printed
    assert "Without data: nothing that biofuel, fx would read was known at that close." in printed
    assert json.loads(run("show", "--db", str(db), "--json").stdout)["run"]["carried_buckets"] == "crush,fed"
    assert carried_words({"carried_buckets": "", "oldest_input_days": None, "buckets_without_data": ""}) == ""


def test_json_holds_what_the_tables_show(served_db):
    answer = json.loads(run("show", "--json", "--db", str(served_db)).stdout)
    assert [row["horizon"] for row in answer["forecasts"]] == ["1w", "1m", "3m", "6m"]
    assert answer["run"]["data_origin"] == "sample" and answer["run"]["run_id"] == "0123456789ab"
    assert answer["run"]["chronos_checkpoint"] == "ml/checkpoints/chronos_bolt_zl_small@0123456789ab"
    assert {part["model_name"]: part["weight"] for part in answer["drivers"][0]["parts"]} == {
        "volatility_blend": 0.8, "ewma": 0.0, "crush": 0.2, "china": 0.0, "main": None
    }  # fmt: skip
    assert answer["drivers"][0]["silent"] == ["china", "main"]
    assert answer["record"][0]["benchmarks"]["ewma"]["verdict"] == "better"


def test_the_record_compares_on_the_same_rows(served_db):
    with open_served(served_db) as served:
        record = horizon_record(served, "1w", 5)
        by_hand = served.rows(
            "select 100 * (1 - avg(pinball) filter (model_name = 'ensemble') / avg(pinball) filter "
            "(model_name = 'climatology')) as skill_pct from forecasts.forecast_scores where horizon = '1w'"
        )[0]
    assert record["n"] == 615 and record["n_effective"] == 123
    assert record["benchmarks"]["climatology"]["skill_pct"] == pytest.approx(by_hand["skill_pct"])
    assert record["below_p10"] + record["coverage"] + 1 - record["below_p90"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("gains", "horizon_sessions", "verdict"),
    [
        ([0.1, 0.2] * 50, 5, "better"),
        ([-0.1, -0.2] * 50, 5, "worse"),
        ([0.1, -0.1] * 50, 5, "not enough evidence"),
        ([0.0] * 100, 5, "equal"),
        ([0.1, 0.2] * 50, 21, "not enough evidence"),  # fewer than ten windows, however clear they look
        ([0.1, 0.2], 5, "not enough evidence"),  # fewer rows than one window
    ],
)
def test_a_difference_is_called_only_when_it_is_clear(gains, horizon_sessions, verdict):
    losses = [1.0] * len(gains)
    found = compare(losses, [1.0 + gain for gain in gains], horizon_sessions)
    assert found["verdict"] == verdict
    assert (found["skill_pct"] > 0) == (sum(gains) > 1e-9)


def test_verdicts_in_words():
    assert skill_words({"skill_pct": 0.41, "verdict": "not enough evidence"}) == "+0.4 %\n[dim]unclear[/dim]"
    assert skill_words(None) == "-"


def test_nothing_matured_yet_is_no_error(tmp_path):
    write_served(tmp_path / "young.duckdb", n_sessions=140)
    with duckdb.connect(str(tmp_path / "young.duckdb")) as connection:
        connection.execute("delete from forecasts.forecast_scores")
    printed = run("show", "--db", str(tmp_path / "young.duckdb"))
    assert printed.exit_code == 0 and "Past forecasts of" not in printed.stdout


def test_zl_imports_nothing_heavy():
    code = "import zl.cli, zl.show, sys; print(*sorted(set(sys.modules) & set(sys.argv[1:])))"
    heavy = ["torch", "autogluon", "pandas", "matplotlib", "scipy", "dbt", "sklearn"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, cwd=PROJECT)
    assert (done.stdout.strip(), done.stderr) == ("", "")


# Wrong use: one line, exit code not 0


def one_line(result, *words: str) -> None:
    assert result.exit_code != 0
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("Error")]
    assert "Traceback" not in result.output
    assert all(word in line for word in words), line


@pytest.mark.parametrize("command", ["show", "report"])
def test_no_forecasts_yet_is_one_line_that_says_what_to_do(tmp_path, command):
    one_line(run(command, "--db", str(tmp_path / "none.duckdb")), "No forecasts yet", "make forecast")


def test_the_empty_file_a_dead_first_build_leaves_holds_no_forecasts(tmp_path):
    duckdb.connect(str(tmp_path / "zl.duckdb")).close()
    one_line(run("show", "--db", str(tmp_path / "zl.duckdb")), "No forecasts yet", "make forecast")


def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "zl.duckdb").write_text("not a database, but long enough to look like one" * 300)
    one_line(run("show", "--db", str(tmp_path / "zl.duckdb")), str(tmp_path / "zl.duckdb"))


def test_tables_of_another_version_are_named(served_db, tmp_path):
    old = shutil.copy(served_db, tmp_path / "zl.duckdb")
    with duckdb.connect(str(old)) as connection:
        connection.execute("drop table forecasts.forecast_scores")
    one_line(run("show", "--db", str(old)), "forecast_scores", "another version")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["replay", "--as-of", "2023-13-45"], ["2023-13-45", "2023-05-05"]),
        (["replay", "--as-of", "2023-05-05", "--landing", "no/such/folder"], ["no/such/folder"]),
        (["replay", "--as-of", "2023-05-05", "--effort", "quik"], ["quik", "'quick', 'standard', 'full'"]),
        (["sample", "--out", "x", "--first", "2024-01-01", "--last", "2023-01-01"], ["2023-01-01"]),
        (["sample", "--out", "x", "--first", "2024-06-24"], ["2024-06-24", "at least 30 weekdays"]),
        (["sample", "--out", "x", "--last", "2401-01-01"], ["2401-01-01"]),
        (["sample", "--out", "x", "--seed", "-1"], ["--seed", "greater than or equal to 0"]),
        (["show", "--jsn"], ["--jsn"]),
        (["predict"], ["predict"]),
    ],
)
def test_wrong_arguments_are_named(arguments, words, monkeypatch, tmp_path):
    monkeypatch.setenv("ZL_DB", str(tmp_path / "zl.duckdb"))
    monkeypatch.chdir(PROJECT)
    one_line(run(*arguments), *words)


def test_the_sample_is_never_written_over_deliveries(tmp_path):
    (tmp_path / "delivered.parquet").touch()
    one_line(run("sample", "--out", str(tmp_path)), str(tmp_path / "delivered.parquet"))
    assert list(tmp_path.iterdir()) == [tmp_path / "delivered.parquet"]


def test_a_report_into_a_folder_that_is_not_there_is_refused(served_db, tmp_path):
    one_line(run("report", "--db", str(served_db), "--out", str(tmp_path / "no" / "report.html")), "no")


@pytest.mark.parametrize("command", ["report", "ablation"])
def test_an_empty_name_or_a_folder_is_no_file_to_write(command, served_db, tmp_path):
    one_line(run(command, "--db", str(served_db), "--out", ""), "--out", "the name is empty")
    one_line(run(command, "--db", str(served_db), "--out", str(tmp_path)), f"'{tmp_path}' is a folder")


def test_version():
    assert run("--version").stdout.strip() == "zl 0.1.0"


# Beside a running build


def test_while_a_build_runs_the_snapshot_is_read_and_the_reader_is_told(served_db, tmp_path):
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    write_snapshot(path)
    before = json.loads(run("show", "--json", "--db", str(path)).stdout)
    holder = hold_open(path)
    try:
        result = run("show", "--json", "--db", str(path))
    finally:
        holder.communicate()
    during = json.loads(result.stdout)
    assert during.pop("notice").startswith(f"A build is running (PID {holder.pid})")
    assert before.pop("notice") is None
    assert during == before


@pytest.mark.parametrize("n_publications", [1, 2, 3])
def test_a_snapshot_that_is_replaced_while_it_is_read_is_read_anew(
    n_publications, served_db, tmp_path, monkeypatch
):
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    write_snapshot(path)
    link, runs = Path(f"{path}.snapshot"), [f"run {i}" for i in range(n_publications)]

    def copy_too_late(files: list[Path]):
        if runs:
            folder = files[0].parent.rename(files[0].parent.with_name(runs.pop()))
            link.unlink()
            link.symlink_to(folder)
        return copy_of(files)

    monkeypatch.setattr("zl.served.copy_of", copy_too_late)
    if n_publications < 3:
        with open_snapshot(path, "PID 42") as connection:
            assert connection.sql("select run_id from ops.training_runs").fetchall() == [("0123456789ab",)]
    else:
        with pytest.raises(ServedError, match="cannot be read"):
            open_snapshot(path, "PID 42")


def test_while_a_first_build_runs_there_is_nothing_to_read(served_db, tmp_path):
    path = Path(shutil.copy(served_db, tmp_path / "zl.duckdb"))
    holder = hold_open(path)
    try:
        one_line(run("show", "--db", str(path)), f"A build is running (PID {holder.pid})")
    finally:
        holder.communicate()


def test_a_lock_is_told_from_other_troubles():
    assert (
        lock_holder("Could not set lock on file: Conflicting lock is held in /bin/x (PID 42) by root")
        == "PID 42"
    )
    assert lock_holder("Could not set lock on file: Resource temporarily unavailable") == "another process"
    assert lock_holder("No such file or directory") is None
    assert lock_holder("Corrupt database file: computed checksum 1 in block at location 4096") is None


def test_a_missing_table_raises_in_words(served_db):
    with open_served(served_db) as served, pytest.raises(ServedError, match="another version"):
        served.rows("select * from forecasts.no_such_table")


# Replay

SWITCHES = Switches(dt.date(2021, 3, 1), "landing/sample", "quick")


def test_a_replay_builds_in_a_database_of_its_own(tmp_path, monkeypatch):
    calls = []

    def fake_run(command, cwd, env, check):
        calls.append((command, cwd, env))
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr(replaying.subprocess, "run", fake_run)
    monkeypatch.delenv("ZL_CACHE", raising=False)
    db = tmp_path / "zl.duckdb"
    result = build_replay(db, SWITCHES)
    ((command, cwd, env),) = calls
    own = replay_database(db, SWITCHES)
    assert own.parent == tmp_path / "zl.duckdb.replay"
    assert own.name.startswith("2021-03-01-sample-")
    elsewhere = dataclasses.replace(SWITCHES, landing=str(tmp_path / "sample"))
    assert replay_database(db, elsewhere) != own, "two landings of one name are two databases"
    assert env["ZL_DB"] == str(own) and result == Path(f"{own}.build") and cwd == PROJECT
    assert env["ZL_CACHE"] == str(PROJECT / ".zl_cache")
    assert command[1:4] == ["build", "--select", "+zl_predictions"]
    assert json.loads(command[command.index("--vars") + 1]) == {
        "as_of": "2021-03-01",
        "landing": "landing/sample",
        "effort": "quick",
    }
    assert command[command.index("--target-path") + 1].startswith(str(own.parent))


def replay_of(served_db: Path, tmp_path: Path, monkeypatch, change: str | None = None):
    """Run `zl replay` with a build that copies what is served up to the day, after `change` (SQL) to it."""
    result = tmp_path / "replayed.duckdb"
    shutil.copy(served_db, result)
    with duckdb.connect(str(result)) as connection:
        connection.execute(f"delete from forecasts.zl_predictions where as_of_date > '{SWITCHES.as_of}'")
        connection.execute("update forecasts.zl_predictions set run_id = 'other', actual_cents_per_lb = null")
        connection.execute(change or "select 1")
    monkeypatch.setattr("zl.cli.build_replay", lambda db, switches: result)
    before = served_db.read_bytes()
    outcome = run("replay", "--as-of", str(SWITCHES.as_of), "--db", str(served_db))
    assert served_db.read_bytes() == before
    return outcome


def test_an_equal_replay_says_so(served_db, tmp_path, monkeypatch):
    outcome = replay_of(served_db, tmp_path, monkeypatch)
    assert outcome.exit_code == 0, outcome.output
    assert "equal to the served forecast, bit for bit (4 rows)" in " ".join(outcome.stdout.split())


def test_a_replay_that_differs_in_the_last_bit_is_told_apart(served_db, tmp_path, monkeypatch):
    change = (
        "update forecasts.zl_predictions set p90_log = p90_log * (1 + 2.3e-16) "
        f"where as_of_date = '{SWITCHES.as_of}' and horizon = '1m'"
    )
    outcome = replay_of(served_db, tmp_path, monkeypatch, change)
    one_line(outcome, "differs from what is served in 1 values")
    assert "1m p90_log: replayed" in outcome.stdout


def test_rows_that_only_one_side_has_are_differences():
    row = {"horizon": "1w", "p10_log": 0.1}
    assert differences([row], []) == ["1w: replayed but not served"]
    assert differences([], [row]) == ["1w: served but not replayed"]
    assert differences([row], [row | {"run_id": "x", "actual_cents_per_lb": 1.0, "is_live": True}]) == []
    assert len(differences([row], [row | {"p90_log": 0.2}])) == 1


def test_every_column_a_forecasts_day_could_know_is_compared():
    models = yaml.safe_load((PROJECT / "models/forecasts/_forecasts.yml").read_text())["models"]
    (columns,) = (model["columns"] for model in models if model["name"] == "zl_predictions")
    row = {column["name"]: "one value" for column in columns}
    told = {name for name in row if differences([row], [row | {name: "another"}])}
    assert row.keys() - told == {"run_id", "is_live", "data_origin", "actual_cents_per_lb", "actual_date"}


def test_bits_tell_zeros_apart_and_nan_is_itself():
    assert bits(float("nan")) == bits(float("nan"))
    assert bits(0.0) != bits(-0.0)


def test_a_difference_names_what_the_runs_did_not_share():
    run_row = {"effort": "quick", "data_fingerprint": "a", "code_fingerprint": "b"}
    assert reasons_to_differ(run_row, run_row) == ""
    assert "effort, code" in reasons_to_differ(run_row | {"effort": "full", "code_fingerprint": "c"}, run_row)


def test_zl_sample_hands_its_arguments_on(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setattr("sample.market.write_deliveries", lambda *args: calls.append(args) or [Path("a")])
    result = run("sample", "--out", str(tmp_path / "s"), "--seed", "7", "--last", "2020-01-31")
    assert result.exit_code == 0, result.output
    assert calls == [(tmp_path / "s", 7, dt.date(2016, 7, 1), dt.date(2020, 1, 31))]


def test_the_served_file_may_come_from_the_environment(served_db):
    result = CliRunner().invoke(app, ["show", "--json"], env=os.environ | {"ZL_DB": str(served_db)})
    assert json.loads(result.stdout)["run"]["run_id"] == "0123456789ab"
