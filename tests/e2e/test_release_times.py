"""Release times in Python and in SQL are the same, on every day for every rule."""

import datetime as dt

import duckdb
import pytest
from builds import dbt, scratch

from ingest.release_times import ReleaseTimes

FIRST, LAST = "2012-01-01", "2027-12-31"


@pytest.fixture(scope="module")
def in_sql(tmp_path_factory) -> list[tuple[str, dt.date, dt.datetime]]:
    """The macro's answer for every rule on every day."""
    db = tmp_path_factory.mktemp("rules") / "zl.duckdb"
    built = dbt(
        "build", "--select", "resource_type:seed", "reference", "--exclude-resource-type", "test", db=db
    )
    assert built.code == 0, built.output
    asked = f"""(
        select release_rules.release_rule, days.day::date as anchor_date
        from {{{{ ref('release_rules') }}}} as release_rules
        cross join generate_series(date '{FIRST}', date '{LAST}', interval 1 day) as days (day)
    )"""
    inline = f'{{% set asked %}}{asked}{{% endset %}}{{{{ release_times(asked, "anchor_date") }}}}'
    compiled = dbt("--quiet", "compile", "--inline", inline, db=db)
    assert compiled.code == 0, compiled.output
    with duckdb.connect() as connection:
        connection.execute(f"attach '{scratch(db)}' as zl (read_only)")
        connection.execute("use zl")
        return connection.sql(
            f"select release_rule, anchor_date, published_at from ({compiled.output}) order by all"
        ).fetchall()


def test_python_and_sql_agree_on_every_day_for_every_rule(in_sql):
    release_times = ReleaseTimes()
    n_days = (dt.date.fromisoformat(LAST) - dt.date.fromisoformat(FIRST)).days + 1
    assert len(in_sql) == n_days * len(release_times.rules)
    wrong = [
        (rule, day, found, told)
        for rule, day, found in in_sql
        if found != (told := release_times.published_at(rule, day))
    ]
    assert wrong == []
