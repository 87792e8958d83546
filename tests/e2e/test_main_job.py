"""The main command on the bundled sample: what it publishes, when not, and that a rerun fits nothing."""

import csv
import re

import duckdb
from builds import PROJECT, QUALITY_LOG, Outcome, daily_job, dbt, fingerprints, main_job, rows, scratch

with (PROJECT / "seeds" / "horizons.csv").open(encoding="utf-8", newline="") as file:
    HORIZONS = [row["horizon"] for row in csv.DictReader(file)]


def counted(outcome: Outcome, what: str) -> int:
    """The number a build's closing line gives."""
    return int(re.search(rf"(\d+) {what}", outcome.output)[1])


def test_one_row_per_session_and_horizon_is_served_and_one_session_is_live(sample_db):
    live = rows(
        sample_db, "select horizon from forecasts.zl_predictions where is_live order by horizon_sessions"
    )
    assert [horizon for (horizon,) in live] == HORIZONS
    assert rows(
        sample_db, "select count(*) - count(distinct (as_of_date, horizon)) from forecasts.zl_predictions"
    ) == [(0,)]


def test_the_sample_says_that_it_is_the_sample(sample_db):
    assert rows(sample_db, "select distinct data_origin from forecasts.zl_predictions") == [("sample",)]


def test_what_served_codes_mean_is_served_beside_them(sample_db):
    unexplained = """
        select quarantine_reason from staging.quarantine
        anti join reference.quarantine_reasons using (quarantine_reason)
        union all select symbol from ops.benchmark_performance anti join reference.symbols using (symbol)
        union all select horizon from forecasts.zl_predictions anti join reference.horizons using (horizon)
        union all select bucket from features.bucket_scores anti join reference.buckets using (bucket)"""
    assert rows(sample_db, unexplained) == []


def test_a_build_closes_with_fits_seconds_and_memory(sample_build):
    closing = [line for line in sample_build[1].splitlines() if "fits made" in line]
    assert len(closing) == 1 and "reused" in closing[0] and "GiB" in closing[0]


def test_a_rerun_fits_nothing_and_serves_the_same_bytes(sample_db):
    before = fingerprints(sample_db)
    again = daily_job(sample_db)
    assert again.code == 0 and again.says("Published run"), again.output
    assert counted(again, "fits made") == 0 and counted(again, "tables reused") > 50
    assert fingerprints(sample_db) == before


def test_everything_made_anew_fits_nothing_and_serves_the_same_bytes(sample_db):
    before = fingerprints(sample_db)
    again = daily_job(sample_db, "--full-refresh")
    assert again.code == 0, again.output
    assert counted(again, "fits made") == counted(again, "tables reused") == 0
    assert fingerprints(sample_db) == before


def test_dbt_test_passes_on_what_the_main_job_built(sample_db):
    tested = dbt("test", db=sample_db)
    assert tested.code == 0, tested.output
    assert rows(sample_db, f"select distinct status from {QUALITY_LOG} where command = 'test'") == [("pass",)]


def test_a_partial_build_publishes_nothing(sample_db):
    before = fingerprints(sample_db)
    outcome = dbt("build", "--select", "targets", db=sample_db)
    assert outcome.says("Not published", "was not built by this command")
    assert fingerprints(sample_db) == before


def test_a_build_that_leaves_tests_out_publishes_nothing(sample_db):
    before = fingerprints(sample_db)
    outcome = daily_job(sample_db, "--exclude", "tag:dq_uniqueness")
    assert outcome.says("Not published", "was left out")
    assert fingerprints(sample_db) == before


def test_code_that_has_not_passed_all_its_unit_tests_is_not_served(sample_db):
    with duckdb.connect(str(scratch(sample_db))) as connection:
        connection.execute("update ops.unit_tested_code set code_fingerprint = 'that of other code'")
    outcome = main_job(sample_db, "--exclude", "test_panel_gains__two_roots_weigh_alike")
    assert outcome.says("Not published", "unit tests were left out")


def test_everything_served_stands_in_the_snapshot(sample_build):
    db = sample_build[0]
    served = set(fingerprints(db, with_log=True))
    assert {file.stem for file in db.with_name(db.name + ".snapshot").iterdir()} == served


def test_every_served_relation_equals_what_was_built(sample_db):
    built = fingerprints(scratch(sample_db), without=("run_id",))
    served = fingerprints(sample_db, without=("run_id",))
    assert all(built[name] == content for name, content in served.items())


def test_everything_a_run_made_carries_its_run_id(sample_build):
    db = sample_build[0]
    ((run_id,),) = rows(db, "select run_id from ops.training_runs")
    seeds = {file.stem for file in (PROJECT / "seeds").glob("*.csv")}
    made = [name for name in fingerprints(db) if name.split(".")[1] not in seeds]
    assert len(made) > 10
    for name in made:
        assert rows(db, f"select distinct run_id from {name}") in ([(run_id,)], []), name
