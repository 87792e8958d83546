"""The checks as a whole: no empty cell, one source and dimension each, limits and defects that are read."""

import csv
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from ingest.sources import SOURCES
from zl.quality import DELIVERED, DIMENSIONS, LAYERS

PROJECT = Path(__file__).parents[1]
# Every cell of sources and dimensions has a check; seeds and the extra sources may leave cells out.
MATRIX = ("databento", "fred", "eia", "epa", "usda", "cftc", "farm_policy_news", "farmdoc_daily", *LAYERS)
# Checks of code, not of data: nothing a publisher delivers or a build holds can turn them red.
NEVER_PLANTED = {
    "assert_every_worked_example_holds": "Macros against printed examples: it reads no table.",
}


@pytest.fixture(scope="module")
def nodes(tmp_path_factory) -> list[dict]:
    """Every data test and model of the project as dbt lists it."""
    folder = tmp_path_factory.mktemp("checks")
    listed = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "ls"),
            *("--resource-types", "test", "model"),
            *("--output", "json", "--output-keys", "name", "tags", "config", "test_metadata"),
            *("resource_type", "unique_id", "depends_on"),
            *("--target-path", str(folder / "target"), "--log-path", str(folder / "logs")),
        ],
        cwd=PROJECT,
        env=os.environ | {"ZL_DB": str(folder / "zl.duckdb")},
        capture_output=True,
        text=True,
        check=True,
    )
    return [json.loads(line) for line in listed.stdout.splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def checks(nodes) -> list[dict]:
    return [node for node in nodes if node["resource_type"] == "test"]


def read(seed: str) -> list[dict[str, str]]:
    with (PROJECT / "seeds" / f"{seed}.csv").open() as file:
        return list(csv.DictReader(file))


def cell(check: dict) -> tuple[list[str], list[str]]:
    tags = set(check["tags"])
    return (
        [source for source in (*DELIVERED, *LAYERS) if source in tags],
        [dimension for dimension in DIMENSIONS if f"dq_{dimension}" in tags],
    )


def test_every_macro_says_what_it_does(tmp_path):
    done = subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "parse"),
            *("--target-path", str(tmp_path), "--log-path", str(tmp_path)),
        ],
        cwd=PROJECT,
        env=os.environ | {"ZL_DB": str(tmp_path / "zl.duckdb")},
        check=False,
    )
    assert done.returncode == 0
    macros = json.loads((tmp_path / "manifest.json").read_text())["macros"].values()
    silent = {each["name"] for each in macros if each["package_name"] == "zl" and not each["description"]}
    assert silent == set()


def test_every_check_has_one_source_and_one_dimension(checks):
    wrong = [check["name"] for check in checks if [len(part) for part in cell(check)] != [1, 1]]
    assert wrong == []


def test_the_log_and_the_report_know_the_same_sources():
    macro = (PROJECT / "macros" / "quality" / "log_quality.sql").read_text()
    listed = re.search(r"set sources = \[(.*?)\]", macro, re.DOTALL).group(1)
    assert sorted(re.findall(r"'(\w+)'", listed)) == sorted((*DELIVERED, *LAYERS))


def test_every_staged_table_is_built_before_the_forecast_is_served(nodes):
    parents = {node["unique_id"]: node["depends_on"]["nodes"] for node in nodes}
    ancestors, left = set(), ["model.zl.zl_predictions"]
    while left:
        new = set(parents.get(left.pop(), ())) - ancestors
        ancestors |= new
        left += new
    staged = {name for name in parents if name.startswith("model.zl.stg_")}
    assert len(staged) > 10 and staged <= ancestors


def test_every_cell_of_the_matrix_has_a_check(checks):
    filled = {(sources[0], dimensions[0]) for sources, dimensions in map(cell, checks)}
    missing = {(source, dimension) for source in MATRIX for dimension in DIMENSIONS} - filled
    assert missing == set()


def test_what_measures_alarms_twice_and_what_lists_rows_once(checks):
    for check in checks:
        config = check["config"]
        if "alarm" in config["fail_calc"]:
            assert (config["warn_if"], config["error_if"]) == (">= 1", ">= 2"), check["name"]
        else:
            assert (config["fail_calc"], config["error_if"]) == ("count(*)", "!= 0"), check["name"]


def names(checks: list[dict]) -> set[str]:
    """Checks by name, and families of them by their generic test."""
    generic = {(check.get("test_metadata") or {}).get("name") for check in checks}
    return {check["name"] for check in checks} | {name for name in generic if name}


def test_every_limit_has_a_reason_and_a_check_that_reads_it(checks):
    for limit in read("quality_limits"):
        assert limit["check_name"] in names(checks), limit
        assert limit["reason"] and limit["unit"], limit
        assert limit["alarm_when"] in ("above", "at_or_above", "below"), limit
        assert limit["warn_limit"] or limit["error_limit"], limit


def test_the_error_limit_is_never_passed_before_the_warn_limit():
    for limit in read("quality_limits"):
        if limit["warn_limit"] and limit["error_limit"]:
            warn, error = float(limit["warn_limit"]), float(limit["error_limit"])
            assert warn >= error if limit["alarm_when"] == "below" else warn <= error, limit


def test_every_known_defect_names_a_check_its_days_and_its_evidence(checks):
    for defect in read("known_defects"):
        assert defect["check_name"] in names(checks), defect
        assert defect["landing"] in ("sample", "real", "all"), defect
        assert defect["first_date"] <= defect["last_date"], defect
        assert defect["reason"] and defect["evidence"], defect


def test_every_age_of_the_matrix_has_a_bucket_and_a_limit():
    matrix = (PROJECT / "models" / "features" / "daily_ml_matrix.sql").read_text()
    ages = {word for word in re.findall(r"\w+_age_days", matrix)}
    judged = {row["age_feature"]: (row["source_table"], row["quality_group"]) for row in read("input_ages")}
    # D5 trades in few weeks of the year: its age says nothing about lateness.
    assert ages - {"rin_d5_age_days"} == set(judged)
    limits = {(row["source_table"], row["quality_group"]) for row in read("quality_limits")}
    assert set(judged.values()) <= limits
    assert set(judged.values()) <= {(row["source_table"], row["quality_group"]) for row in read("cadences")}


def test_what_a_job_brings_is_expected_and_an_extra_source_is_not():
    brought = {table.replace("/", ".") for source in SOURCES.values() for table in source.tables}
    groups = {(row["source_table"], row["quality_group"]): row["is_expected"] for row in read("cadences")}
    assert brought <= {table for table, _ in groups}
    for (table, group), is_expected in groups.items():
        # The two feeds taken together are no delivery of their own.
        assert (is_expected == "true") == (table in brought and group != "both feeds"), (table, group)


def test_every_refusal_of_staging_has_a_dimension_and_none_that_is_gone():
    known = {row["quarantine_reason"] for row in read("quarantine_reasons")}
    files = [*PROJECT.glob("models/staging/*/int_*__versions.sql"), *PROJECT.glob("macros/*_versions.sql")]
    text = "\n".join(file.read_text() for file in files)
    given = r"then '([a-z_]+)'|'([a-z_]+)'(?:, own_reason\))? as quarantine_reason"
    assert {case or flat for case, flat in re.findall(given, text)} == known


def test_the_page_names_every_check_of_a_delivery_and_none_that_is_gone(checks):
    page = (PROJECT / "docs" / "quality.md").read_text().split("## What checks what")[1]
    told = {word for word in page.split("`")[1::2] if not word.endswith("*")}
    existing = {check["name"] for check in checks}
    assert told <= existing
    families = ("unique_key_", "no_nulls_", "not_null_", "relationships_")
    assert {name for name in existing if not name.startswith(families)} <= told


def test_every_handwritten_check_is_shown_red_somewhere():
    written = {file.stem for folder in ("tests", "tests/limits") for file in (PROJECT / folder).glob("*.sql")}
    with (PROJECT / "tests" / "e2e" / "planted_faults.csv").open(newline="") as file:
        planted = {fault["check"] for fault in csv.DictReader(file)}
    others = [file for file in (PROJECT / "tests").rglob("*.py") if file != Path(__file__)]
    # Leaks are planted in code by Python tests of their own.
    named = planted | set(re.findall(r"\bassert_\w+", "\n".join(file.read_text() for file in others)))
    assert len(written) > 80
    assert written - named == set(NEVER_PLANTED), "Plant a fault for it: tests/e2e/planted_faults.csv."
