"""A defect declared for one kind of landing is silent there, and told in the other."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from builds import PROJECT, copy_database, dbt, scratch

SAMPLE = PROJECT / "landing" / "sample"
CHECK = "assert_no_export_week_is_zero"  # the sample's week of zeros is declared for the sample


def without_labels(landing: Path) -> Path:
    """The same deliveries in files that do not call themselves synthetic."""
    for file in landing.rglob("*.parquet"):
        rows = duckdb.read_parquet(str(file))
        rows.write_parquet(str(file.with_suffix(".fresh")))
        file.with_suffix(".fresh").replace(file)
    return landing


@pytest.mark.parametrize(("is_sample", "status"), [(True, "pass"), (False, "warn")])
def test_what_the_sample_holds_on_purpose_is_told_where_it_is_real(
    staged_sample, tmp_path, is_sample: bool, status: str
):
    db = tmp_path / "zl.duckdb"
    copy_database(staged_sample, db)
    landing = SAMPLE if is_sample else without_labels(shutil.copytree(SAMPLE, tmp_path / "landing"))
    with duckdb.connect(str(scratch(db))) as connection:  # the same rows, as if built from these files
        connection.execute("update ops.build_landing set landing_path = ?", [str(landing.resolve())])
    dbt("test", "--select", CHECK, db=db, variables={"landing": str(landing)})
    results = json.loads((db.with_suffix(".target") / "run_results.json").read_text())["results"]
    said = {result["unique_id"]: result["status"] for result in results}
    assert said[f"test.zl.{CHECK}"] == status
