"""Wrong use ends in one clear line, an exit code other than 0, and nothing lost."""

import shutil
import time

import duckdb
import pytest
from builds import PROJECT, QUALITY_LOG, copy_project, dbt, fingerprints, main_job, rows, scratch

SAMPLE = str(PROJECT / "landing" / "sample")


def test_an_unknown_var_is_refused_with_the_known_ones(sample_db):
    before = fingerprints(sample_db)
    outcome = main_job(sample_db, variables={"efort": "quick"})
    assert outcome.code != 0
    assert outcome.says("Unknown var 'efort'", "landing, effort, as_of, clock")
    assert fingerprints(sample_db) == before


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"effort": "quik"}, ["effort 'quik' is unknown", "quick, standard or full"]),
        ({"landing": ""}, ["landing is empty", "--vars"]),
        ({"landing": ["a", "b"]}, ["landing ['a', 'b'] holds a quote"]),
        ({"landing": None}, ["landing folder 'None'", "does not exist"]),
        ({"landing": "no/such/folder"}, ["landing folder 'no/such/folder'", "does not exist"]),
        ({"as_of": "05/05/2023"}, ["as_of '05/05/2023' is no date", "2023-05-05"]),
        ({"as_of": "2023-02-30"}, ["as_of '2023-02-30' is no date"]),
        ({"as_of": "2023-05-06"}, ["as_of 2023-05-06 is no session", "the one before it is 2023-05-05"]),
        ({"as_of": "2010-06-08"}, ["as_of", "2010-06-08"]),
        ({"as_of": "2031-01-02"}, ["as_of", "2031-01-02"]),
        ({"clock": "noon"}, ["clock 'noon' is no instant"]),
        ({"clock": "2024-07-01 06:00:00+05:00"}, ["+05:00' is no instant", "(UTC)"]),
    ],
)
def test_a_bad_switch_is_refused_by_name(sample_db, variables, words):
    before = fingerprints(sample_db)
    outcome = main_job(sample_db, variables=variables)
    assert outcome.code != 0
    assert outcome.says(*words), outcome.output
    assert "Traceback" not in outcome.output
    assert fingerprints(sample_db) == before


def test_another_landing_into_the_same_database_is_refused(sample_db, tmp_path):
    other = tmp_path / "landing"
    shutil.copytree(SAMPLE, other)
    before = fingerprints(sample_db)
    outcome = main_job(sample_db, variables={"landing": str(other)})
    assert outcome.code != 0
    assert outcome.says("one database, one landing", str(other), "ZL_DB")
    assert fingerprints(sample_db) == before


def test_dbt_test_as_of_a_saturday_is_refused(sample_db):
    saturday = {"as_of": "2023-05-06"}
    outcome = dbt("test", "--select", "tag:dq_timeliness", db=sample_db, variables=saturday)
    assert outcome.code != 0
    assert outcome.says("as_of 2023-05-06 is no session"), outcome.output


def test_a_test_that_is_told_another_landing_is_refused(sample_db, tmp_path):
    other = shutil.copytree(SAMPLE, tmp_path / "landing")
    before = fingerprints(sample_db, with_log=True)
    outcome = dbt("test", "--select", "tag:dq_timeliness", db=sample_db, variables={"landing": str(other)})
    assert outcome.code != 0
    assert outcome.says("was built from landing", f"--vars '{{landing: {SAMPLE}}}'"), outcome.output
    assert fingerprints(sample_db, with_log=True) == before


def test_a_replay_of_a_sunday_in_a_new_database_is_refused_and_logged(tmp_path):
    db = tmp_path / "zl.duckdb"
    outcome = main_job(db, variables={"as_of": "2023-05-07"})
    assert outcome.code == 1, outcome.output
    assert outcome.says(
        "as_of 2023-05-07: expected a session with a valid ZL bar",
        "The session before it is 2023-05-05.",
    )
    assert "Conversion Error" not in outcome.output
    assert rows(db, f"select count(*) from {QUALITY_LOG} where status = 'pass'")[0][0] > 100


def test_a_session_without_a_valid_bar_is_told_the_last_that_has_one(tmp_path):
    """The bars of 2022-07-05 and 2022-07-06 are refused; 2022-07-04 is a holiday."""
    no_tests = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
    outcome = dbt(
        *("build", "--select", "+int_zl__sessions", *no_tests),
        db=tmp_path / "zl.duckdb",
        variables={"as_of": "2022-07-06"},
    )
    assert outcome.code != 0
    assert outcome.says("as_of 2022-07-06", "The last such session before it is 2022-07-01."), outcome.output


def test_dbt_test_where_nothing_is_built_says_what_to_build(tmp_path):
    outcome = dbt("test", "--select", "tag:cboe", db=tmp_path / "zl.duckdb")
    assert outcome.code != 0
    assert outcome.says("Nothing is built in", "dbt build --select +zl_predictions")
    assert "Catalog Error" not in outcome.output


def test_a_folder_named_like_a_column_is_a_folder(tmp_path):
    landing, db = tmp_path / "trade_date=2024-01-01" / "landing", tmp_path / "zl.duckdb"
    shutil.copytree(SAMPLE, landing)
    outcome = dbt("run", "--select", "raw_cboe__vix_1d", db=db, variables={"landing": str(landing)})
    assert outcome.code == 0, outcome.output
    with duckdb.connect(str(scratch(db)), read_only=True) as connection:
        landed = connection.sql("select count(distinct trade_date) from raw.cboe_vix_1d").fetchone()
    assert landed[0] > 1000


def test_a_database_with_tables_of_somebody_else_is_refused(tmp_path):
    theirs = tmp_path / "theirs.duckdb"
    with duckdb.connect(str(theirs)) as connection:
        connection.execute("create table customers as select 1 as id")
        connection.execute("create schema staging")
        connection.execute("create table staging.orders as select 2 as id")
    before = fingerprints(theirs)
    outcome = main_job(theirs)
    assert outcome.code != 0
    assert outcome.says("theirs.duckdb') holds 2 tables that are not this project's", "Set ZL_DB"), (
        outcome.output
    )
    assert "Traceback" not in outcome.output
    assert fingerprints(theirs) == before


@pytest.mark.parametrize(
    ("found", "planted", "words"),
    [
        ("[1w, 1m, 3m, 6m]", "[1w, 2w, 3m, 6m]", ["crush.yml", "2w"]),
        ("bucket: crush", "bucket: crush\nfeatuers: []", ["crush.yml", "featuers"]),
    ],
)
def test_a_misspelt_bucket_file_is_refused_by_name(tmp_path, found, planted, words):
    project = copy_project(tmp_path / "project")
    file = project / "ml" / "buckets" / "crush.yml"
    text = file.read_text()
    assert found in text
    file.write_text(text.replace(found, planted))
    outcome = main_job(tmp_path / "zl.duckdb", project=project, variables={"landing": SAMPLE})
    assert outcome.code != 0
    assert outcome.says(*words), outcome.output
    assert "Traceback" not in outcome.output


def test_a_second_build_at_once_is_refused_in_one_line(sample_db):
    before = fingerprints(sample_db)
    held = duckdb.connect(f"{sample_db}.build")
    try:
        # A lock is per process: another process has to ask.
        began = time.monotonic()
        outcome = main_job(sample_db)
    finally:
        held.close()
    assert outcome.code != 0
    assert outcome.says("is in use by another process (PID", "a build is running")
    assert "Traceback" not in outcome.output
    assert time.monotonic() - began < 60
    assert fingerprints(sample_db) == before


@pytest.mark.parametrize(
    ("target", "name", "words"),
    [
        ("dev", "it's.duckdb", ["it's.duckdb", "holds a quote", "ZL_DB"]),
        ("motherduck", "soy-oil.duckdb", ["'soy-oil' is no name", "ZL_MOTHERDUCK"]),
        ("dev", "main.duckdb", ["main.duckdb: a build has a database or schema named main already", "ZL_DB"]),
        ("dev", "notes.md", ["notes.md cannot be opened", "not a valid DuckDB database file"]),
    ],
)
def test_a_database_nobody_can_use_is_refused_in_one_line(tmp_path, monkeypatch, target, name, words):
    (tmp_path / "notes.md").write_text("These are notes. " * 1000)
    monkeypatch.setenv("ZL_MOTHERDUCK", str(tmp_path / name))
    db = tmp_path / (name if target == "dev" else "zl.duckdb")
    outcome = main_job(db, target=target)
    assert outcome.code != 0
    assert outcome.says(*words), outcome.output
    assert "Traceback" not in outcome.output
    assert not list(tmp_path.glob("*.build"))
    assert (tmp_path / "notes.md").read_text().startswith("These are notes.")


def test_an_empty_landing_folder_is_refused(tmp_path):
    (tmp_path / "landing").mkdir()
    outcome = dbt("build", db=tmp_path / "zl.duckdb", variables={"landing": str(tmp_path / "landing")})
    assert outcome.code != 0
    assert outcome.says("holds no <source>/<table>/*.parquet file")


def test_files_that_no_table_reads_are_named(tmp_path):
    landing = tmp_path / "landing"
    vix = landing / "cboe" / "vix_1d"
    shutil.copytree(PROJECT / "landing" / "sample" / "cboe" / "vix_1d", vix)
    (landing / "README.md").write_text("what is here")
    for name in (".2025.parquet.part", ".2025.parquet", "._2024.parquet", ".DS_Store"):
        (vix / name).write_text("half a delivery, or what a Mac puts beside a whole one")
    built = ("run", "--select", "raw_cboe__vix_1d")
    outcome = dbt(*built, db=tmp_path / "zl.duckdb", variables={"landing": str(landing)})
    assert outcome.code == 0 and "Not read" not in outcome.output, outcome.output
    misspelt = [landing / "fred" / "observation" / "a.parquet", vix / "2025" / "b.parquet", vix / "c.csv"]
    for file in misspelt:
        file.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(vix / "2023.parquet", file)
    outcome = dbt(*built, db=tmp_path / "zl.duckdb", variables={"landing": str(landing)})
    assert outcome.says("Not read: 3 files, first", "2025/b.parquet", "<source>/<table>"), outcome.output


def test_a_cluster_that_cannot_be_used_is_refused_before_anything_is_built(tmp_path, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "nonsense")
    outcome = main_job(tmp_path / "zl.duckdb", variables={"effort": "full"})
    assert outcome.code != 0 and outcome.says("RAY_ADDRESS"), outcome.output
    assert "Traceback" not in outcome.output and "OK created" not in outcome.output
