"""`effort: full` on one bucket, short limit: AutoGluon's portfolio, decided by time, cached once made."""

import pytest
from builds import PROJECT, copy_project, dbt, rows, scratch

pytestmark = pytest.mark.proof


def test_one_bucket_runs_the_portfolio_within_its_limit_and_once(tmp_path):
    project = copy_project(tmp_path / "project")
    file = project / "ml" / "buckets" / "fx.yml"
    text = file.read_text()
    limit = next(line for line in text.splitlines() if line.startswith("time_limit_seconds"))
    file.write_text(text.replace(limit, "time_limit_seconds: 4").replace("[1w, 1m, 3m, 6m]", "[1w]"))
    db = tmp_path / "zl.duckdb"
    variables = {"effort": "full", "landing": str(PROJECT / "landing" / "sample")}
    first = dbt("build", "--select", "+specialist_fx", db=db, project=project, variables=variables)
    assert first.code == 0, first.output
    ((n_rows, n_folds),) = rows(
        scratch(db), "select count(*), count(distinct fold_id) from training.specialist_fx"
    )
    assert n_rows > 1000 and n_folds > 20
    anew = ("build", "--select", "+specialist_fx", "--full-refresh")
    again = dbt(*anew, db=db, project=project, variables=variables)
    assert again.says(" 0 fits made"), again.output
