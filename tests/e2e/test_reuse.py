"""Tables that would come out as they stand are left standing, and no others."""

import json
import re
from pathlib import Path

import duckdb
from builds import PROJECT, copy_project, daily_job, dbt, fingerprints, scratch

SAYS_SO = "reads_more_than_tables"
# Functions whose answer can change though code, switches and tables do not.
OUTSIDE = re.compile(
    r"\b(now|today|random|uuid|getenv|glob|read_\w+|zl_synthetic_landing|zl_absolute_path"
    r"|zl_code_fingerprint)\s*\(|\bcurrent_(date|time)"
)
TAMPERED = {
    "reference.horizons": "update {table} set horizon_sessions = 20 where horizon = '1m'",
    "staging.stg_cboe__vix_1d": """
        with ends as (select min(trade_date) as first, max(trade_date) as last from {table})
        update {table} set close = (
            select close from {table} as other, ends
            where other.trade_date = if({table}.trade_date = first, last, first)
        )
        from ends where trade_date in (first, last)
    """,
    "features.daily_ml_matrix": """
        delete from {table} where as_of_date = (select quantile_disc(as_of_date, 0.5) from {table})
    """,
    "training.main_predictor": """
        update {table} set p50_log = p50_log + 1e-12
        where as_of_date = (select max(as_of_date) from {table}) and horizon = '3m'
    """,
    "forecasts.zl_predictions": "insert into {table} from {table} limit 1",
}


def made(db: Path) -> set[str]:
    """Tables the last build in `db` made, seeds too, others than the raw ones, which grow."""
    target = db.with_suffix(".target")
    nodes = made_whole(target, "model", "seed")
    results = json.loads((target / "run_results.json").read_text())["results"]
    return {
        nodes[result["unique_id"]]["relation_name"].replace('"', "").split(".", 1)[1]
        for result in results
        if result["unique_id"] in nodes and result["message"] != "REUSED"
    }


def made_whole(target: Path, *kinds: str) -> dict[str, dict]:
    """Nodes of these kinds whose tables are made as a whole, by unique id."""
    manifest = json.loads((target / "manifest.json").read_text())
    return {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] in kinds and node["config"]["materialized"] in ("table", "seed")
    }


def test_a_table_someone_changed_is_made_again_and_nothing_it_says_survives(sample_db):
    built, served = fingerprints(scratch(sample_db)), fingerprints(sample_db)
    with duckdb.connect(str(scratch(sample_db))) as connection:
        for table, change in TAMPERED.items():
            assert connection.execute(change.format(table=table)).fetchone()[0] > 0, table
    changed = {name for name, content in fingerprints(scratch(sample_db)).items() if content != built[name]}
    assert changed == set(TAMPERED)
    again = daily_job(sample_db)
    assert again.code == 0, again.output
    assert made(sample_db) >= set(TAMPERED)
    assert {name for name in made(sample_db) if name.startswith("reference.")} == {"reference.horizons"}
    one_builds_own = {"ops.table_contents"}
    left = fingerprints(scratch(sample_db))
    assert {name for name in built if left[name] != built[name]} <= one_builds_own
    assert fingerprints(sample_db) == served


def test_one_changed_value_in_what_it_reads_makes_the_table_again(sample_db):
    part = ("run", "--select", "targets")
    assert dbt(*part, db=sample_db).says("REUSED")
    with duckdb.connect(str(scratch(sample_db))) as connection:
        connection.execute(
            "update staging.int_bars__roll_neutral set volume = volume + 1 "
            "where symbol = 'ZL' and trade_date = date '2020-03-16'"
        )
    outcome = dbt(*part, db=sample_db)
    assert outcome.code == 0 and not outcome.says("REUSED"), outcome.output


def test_another_switch_makes_the_table_again(sample_db):
    part = ("run", "--select", "int_zl__sessions")
    assert dbt(*part, db=sample_db).code == 0
    assert dbt(*part, db=sample_db).says("REUSED")
    cut = dbt(*part, db=sample_db, variables={"as_of": "2023-05-04"})
    assert cut.code == 0 and not cut.says("REUSED"), cut.output


def test_other_libraries_make_the_table_again(sample_db, tmp_path, monkeypatch):
    part = ("run", "--select", "trading_calendar")
    assert dbt(*part, db=sample_db).says("REUSED")
    older = tmp_path / "older" / "pandas_market_calendars-5.4.0.dist-info" / "METADATA"
    older.parent.mkdir(parents=True)
    older.write_text("Metadata-Version: 2.1\nName: pandas-market-calendars\nVersion: 5.4.0\n")
    monkeypatch.setenv("PYTHONPATH", str(older.parents[1]))
    outcome = dbt(*part, db=sample_db)
    assert outcome.code == 0 and not outcome.says("REUSED"), outcome.output


def test_a_table_whose_code_changed_while_it_was_made_stands_for_neither(tmp_path):
    project, db = copy_project(tmp_path / "project"), tmp_path / "zl.duckdb"
    calendars, model = project / "ml" / "calendars.py", project / "models/reference/trading_calendar.py"
    model.write_text(f"open({str(calendars)!r}, 'a').write('#')\n" + model.read_text())
    sound = calendars.read_text()
    build = ("build", "--select", "calendar_overrides", "trading_calendar", "--exclude-resource-type", "test")
    made_by = {"project": project, "variables": {"landing": str(PROJECT / "landing" / "sample")}}
    for again in (set(), {"reference.calendar_overrides"}):
        calendars.write_text(sound)
        outcome = dbt(*build, db=db, **made_by)
        assert outcome.code == 0, outcome.output
        assert calendars.read_text() == sound + "#"
        assert made(db) == {"reference.calendar_overrides", "reference.trading_calendar"} - again


def test_a_seed_whose_code_changed_while_it_was_loaded_stands_for_neither(tmp_path):
    project, db = copy_project(tmp_path / "project"), tmp_path / "zl.duckdb"
    later = project / "seeds" / "later.csv"
    configured = (project / "dbt_project.yml").read_text()
    made_by = {"project": project, "variables": {"landing": str(PROJECT / "landing" / "sample")}}
    hook = f"    +pre-hook: \"copy (select 1 as n) to '{later}'\"\n"
    (project / "dbt_project.yml").write_text(configured.replace("seeds:\n  zl:\n", f"seeds:\n  zl:\n{hook}"))
    for _ in range(2):
        later.unlink(missing_ok=True)
        outcome = dbt("build", "--select", "horizons", db=db, **made_by)
        assert outcome.code == 0 and later.exists(), outcome.output
        assert made(db) == {"reference.horizons"}


def test_two_rows_that_swap_their_values_are_another_content(sample_db):
    """Row hashes are exclusive ors: those of these two rows have the same sum before and after."""
    before = "select * from (values (date '2023-05-07', 32), (date '2023-05-21', 62)) as t (day, n)"
    with duckdb.connect(str(scratch(sample_db))) as connection:
        connection.execute(f"create table ops.before as {before}")
        connection.execute("create table ops.after as select day, if(n = 32, 62, 32) as n from ops.before")
        sums = {
            connection.sql(f"select sum(hash(*columns(*))) from ops.{name}").fetchone()
            for name in ("before", "after")
        }
        assert len(sums) == 1
    asked = "select ({{ content_of('ops.before') }}) = ({{ content_of('ops.after') }}) as same"
    outcome = dbt("show", "--inline", asked, "--output", "json", db=sample_db)
    assert outcome.says('"same": false'), outcome.output


def test_what_hangs_on_more_than_tables_says_so(sample_build):
    target = sample_build[0].with_suffix(".target")
    macros = json.loads((target / "manifest.json").read_text())["macros"]
    models = made_whole(target, "model")
    outside = {
        node["name"]
        for node in models.values()
        if node["language"] == "sql" and OUTSIDE.search(asked_when_run(node, macros))
    }
    assert "training_runs" in outside, "the code's fingerprint is not seen"
    silent = {node["name"] for node in models.values() if not node["config"]["meta"].get(SAYS_SO)}
    assert not outside & silent


def asked_when_run(node: dict, macros: dict[str, dict]) -> str:
    """SQL of a model and of the project's macros under it, less what is asked before the model is compiled:
    those answers stand in its compiled code."""
    texts, seen, left = [node["raw_code"]], set(), list(node["depends_on"]["macros"])
    while left:
        name = left.pop()
        if name.startswith("macro.zl.") and name not in seen:
            seen.add(name)
            texts.append(macros[name]["macro_sql"])
            left += macros[name]["depends_on"]["macros"]
    return "\n".join(line for text in texts for line in text.splitlines() if "run_query(" not in line)
