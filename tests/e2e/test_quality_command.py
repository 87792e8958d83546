"""A warning stops nothing, an error leaves the served set as it was, and the log tells both."""

import datetime as dt
import json
import os
import shutil
import subprocess
import sys

import pytest
from broken_deliveries import BARS, PRICES, put, scale, spoiled, zl
from builds import PROJECT, QUALITY_LOG, copy_database, daily_job, dbt, fingerprints, main_job, rows, scratch

SAMPLE = PROJECT / "landing" / "sample"
YEARS_LATER = "2026-03-02 12:00:00"
ZL = "from zl.cli import app; app()"


def zl_quality(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-c", ZL, "quality", *arguments],
        cwd=PROJECT,
        env=os.environ | {"COLUMNS": "120"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_warning_stops_nothing_and_an_error_leaves_the_served_set_as_it_was(tmp_path):
    landing = shutil.copytree(SAMPLE, tmp_path / "landing")
    db = tmp_path / "zl.duckdb"
    feed = "farmdoc_daily/articles"
    spoiled(feed, put("tone", 5.0))(landing, landing / feed / "spoiled.parquet")
    switches = {"landing": str(landing), "clock": YEARS_LATER}

    warned = main_job(db, variables=switches)
    assert warned.code == 0, warned.output
    assert warned.says("Published run")
    found = dict(rows(db, f"select check_name, status from {QUALITY_LOG} where command = 'build'"))
    assert found["farmdoc_daily_articles_no_invalid_rows"] == "warn"
    assert found["cftc_cot_legacy_is_fresh"] == "warn"  # two years late, and still no stop
    assert not {name for name, status in found.items() if status == "error"}

    before = fingerprints(db)
    zl(scale(PRICES, 100), 7)(landing, landing / BARS / "spoiled.parquet")
    failed = daily_job(db, variables=switches)
    assert failed.code != 0
    assert failed.says("Not published")
    assert fingerprints(db) == before
    name, source, dimension, measured, limit, offenders = rows(
        db,
        f"""
        select check_name, source, dimension, measured, limit_value, offenders from {QUALITY_LOG}
        where status = 'error'
        """,
    )[0]
    assert (name, source, dimension) == ("databento_ohlcv_1d_mostly_accepted", "databento", "validity")
    assert (measured, limit) == (1.0, 0.05)
    assert json.loads(offenders)[0]["file"] == f"{BARS}/spoiled.parquet"


def test_the_same_build_again_leaves_the_same_log(sample_db):
    before = fingerprints(sample_db, with_log=True)
    again = daily_job(sample_db)
    assert again.code == 0, again.output
    assert fingerprints(sample_db, with_log=True) == before


def test_the_log_outlasts_the_scratch_file_and_is_in_the_snapshot(sample_db):
    tested = dbt("test", "--select", "tag:cftc", db=sample_db)
    assert tested.code == 0, tested.output
    kept = rows(sample_db, f"select count(*) from {QUALITY_LOG} where command = 'test'")
    assert kept[0][0] > 0
    scratch(sample_db).unlink()
    again = main_job(sample_db)
    assert again.code == 0, again.output
    assert rows(sample_db, f"select count(*) from {QUALITY_LOG} where command = 'test'") == kept
    snapshot = sample_db.with_name(f"{sample_db.name}.snapshot") / f"{QUALITY_LOG}.parquet"
    assert rows(sample_db, f"select * from {QUALITY_LOG} except all select * from '{snapshot}'") == []


def test_every_check_of_a_build_stands_in_the_log_once(sample_build):
    found = rows(
        sample_build[0],
        f"""
        select
            count(*), count(distinct check_name), count(distinct run_id),
            count(*) filter (where run_id is null),
            count(*) filter (where description is null or description = ''), max(length(offenders)),
            count(*) filter (where status = 'error')
        from {QUALITY_LOG} where command = 'build'
        """,
    )[0]
    assert found[0] == found[1] > 300
    assert found[2:5] == (1, 0, 0)
    assert (found[5] or 0) < 5_000
    assert found[6] == 0


def test_a_check_that_stores_its_failures_logs_what_it_measured_too(sample_db):
    select = ("test", "--select", "assert_returns_are_believable", "assert_open_interest_moves_believably")
    logged = f"select * from {QUALITY_LOG} where checked_at = '{YEARS_LATER}' order by check_name"
    plain, stored = [], []
    for found, flags in ((plain, ()), (stored, ("--store-failures",))):
        outcome = dbt(*select, *flags, db=sample_db, variables={"clock": YEARS_LATER})
        assert outcome.code == 0, outcome.output
        found += rows(sample_db, logged)
    assert len(plain) == 2 and stored == plain


def test_alarms_on_screen_are_those_of_the_checks_that_ran(sample_db):
    late = {"clock": YEARS_LATER}
    assert dbt("test", "--select", "tag:dq_timeliness,tag:fred", db=sample_db, variables=late).says(
        "fred_is_not"
    )
    outcome = dbt("test", "--select", "cftc_cot_legacy_is_fresh", db=sample_db, variables=late)
    assert outcome.says("Data quality, warn: cftc_cot_legacy_is_fresh"), outcome.output
    assert not outcome.says("fred_is_not_late")


def test_beyond_the_error_limit_a_late_source_is_an_error_of_dbt_test(sample_db):
    tested = dbt("test", "--select", "tag:dq_timeliness", db=sample_db, variables={"clock": YEARS_LATER})
    assert tested.code != 0
    assert tested.says("fred_is_not_late")
    status = dict(
        rows(sample_db, f"select check_name, status from {QUALITY_LOG} where checked_at = '{YEARS_LATER}'")
    )
    assert status["fred_is_not_late"] == "error"


@pytest.fixture(scope="module")
def checked(sample_build, tmp_path_factory):
    """`zl quality` on the sample and what was built of it."""
    db = tmp_path_factory.mktemp("quality") / "zl.duckdb"
    copy_database(sample_build[0], db)
    before = fingerprints(db)
    done = zl_quality("--db", str(db), "--json")
    assert fingerprints(db) == before
    return db, done


def test_the_sample_passes_every_check_and_all_of_them_are_run(checked):
    db, done = checked
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["alarms"] == []
    assert report["notices"] == []
    assert {check["status"] for check in report["checks"]} == {"pass"}
    built = {name for (name,) in rows(db, f"select check_name from {QUALITY_LOG} where command = 'build'")}
    assert built <= {check["check_name"] for check in report["checks"]}
    assert rows(db, f"select count(*) from {QUALITY_LOG} where command = 'quality'")[0][0] == len(
        report["checks"]
    )


def test_the_day_after_the_deliveries_stop_the_grid_says_who_is_late(checked):
    db, _ = checked
    done = zl_quality("--db", str(db), "--clock", str(dt.date(2024, 7, 20)))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "error  databento_is_not_late  (databento, timeliness): 22, limit 6" in done.stdout
    assert "item ZL" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--clock", "yesterday"), "is no instant"),
        (("--clock", "2024-07-01T06:00:00+02:00"), "names a time zone"),
        (("--landing", "no/such/folder"), "does not exist"),
    ],
)
def test_wrong_use_is_exit_code_2(arguments, words):
    done = zl_quality(*arguments)
    assert done.returncode == 2
    assert words in " ".join(done.stderr.split())


@pytest.mark.shared
def test_on_the_real_history_only_the_listed_defects_alarm(tmp_path):
    landing = PROJECT.parent / "shared" / "landing"
    done = zl_quality(
        "--landing", str(landing), "--clock", "2024-07-01", "--db", str(tmp_path / "zl.duckdb"), "--json"
    )
    report = json.loads(done.stdout)
    assert done.returncode == 0
    listed = (
        (PROJECT / "docs" / "quality.md")
        .read_text()
        .split("## What alarms on the real history")[1]
        .split("## ")[0]
    )
    alarms = {alarm["check_name"] for alarm in report["alarms"]}
    assert alarms
    assert all(f"`{name}`" in listed for name in alarms), alarms
