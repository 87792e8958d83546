"""Running the project's own dbt in a database of its own, and comparing what two runs left behind."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ml.dbt_plugin import Plugin

PROJECT = Path(__file__).resolve().parents[2]
SHARED = PROJECT.parent / "shared"
DBT = Path(sys.executable).with_name("dbt")
# Bookkeeping a replay may differ in: which run made the row, and what happened after it.
NOT_KNOWN_THEN = ("run_id", "is_live", "data_origin", "actual_log", "actual_cents_per_lb", "actual_date")
STAGED = (
    *("path:seeds", "path:models/raw", "path:models/reference", "path:models/staging"),
    "source_freshness",  # no table: its checks
)
QUALITY_LOG = "ops.data_quality_log"
PROJECT_PARTS = ("models", "macros", "seeds", "ml", "ingest", "sample", "zl", "tests")


@dataclass(frozen=True)
class Outcome:
    """What a finished command said: exit code and everything it printed."""

    code: int
    output: str

    def says(self, *words: str) -> bool:
        """Whether one printed line (or dbt's wrapping of it) holds all the words."""
        flat = " ".join(self.output.split())
        return all(" ".join(word.split()) in flat for word in words)


def fit_cache() -> Path:
    """The fit cache all tests share: what one build fitted, the next one loads."""
    return Path(os.environ.get("ZL_CACHE") or PROJECT / ".zl_cache")


def command(
    *args: str, db: Path, variables: dict | None = None, project: Path = PROJECT
) -> tuple[list[str], dict]:
    """Command line and environment of a dbt command in `db`; the fit cache stays the project's."""
    line = [str(DBT), "--no-use-colors", *args, "--target-path", str(db.with_suffix(".target"))]
    if variables:
        line += ["--vars", json.dumps(variables)]
    return line, os.environ | {
        "ZL_DB": str(db),
        "ZL_CACHE": str(fit_cache()),
        "DBT_LOG_PATH": str(db.with_suffix(".logs")),
    }


def dbt(*args: str, db: Path, variables: dict | None = None, project: Path = PROJECT) -> Outcome:
    """Run a dbt command to its end."""
    line, environment = command(*args, db=db, variables=variables, project=project)
    done = subprocess.run(
        line,
        cwd=project,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(done.returncode, done.stdout)


def main_job(db: Path, *flags: str, target: str = "dev", **kwargs) -> Outcome:
    """The main command."""
    return dbt("build", "--select", "+zl_predictions", "--target", target, *flags, db=db, **kwargs)


def daily_job(db: Path, *flags: str, **kwargs) -> Outcome:
    """The main command without unit tests: nothing is published of code that has not passed them in `db`."""
    return main_job(db, "--exclude-resource-type", "unit_test", *flags, **kwargs)


def staging_job(db: Path, landing: Path, clock: str = "") -> Outcome:
    """Everything up to staging, and the ages of the sources at a clock, without a check."""
    left_out = ("--exclude", "resource_type:test", "test_type:unit")
    variables = {"landing": str(landing)} | ({"clock": clock} if clock else {})
    return dbt("build", "--select", *STAGED, *left_out, db=db, variables=variables)


def scratch(db: Path) -> Path:
    """The file dbt builds in."""
    return Path(f"{db}.build")


def knowing_our_functions(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """The same connection, with the functions dbt gives the project's SQL."""
    Plugin("ml.dbt_plugin", {}).configure_connection(connection)
    return connection


def copy_database(source: Path, db: Path) -> None:
    """Both files of a build (what is served, what was built) under another name."""
    for ending in ("", ".build"):
        shutil.copy(f"{source}{ending}", f"{db}{ending}")


def copy_project(folder: Path) -> Path:
    """The project's code without its data, for faults to be planted in."""
    for part in PROJECT_PARTS:
        shutil.copytree(PROJECT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("dbt_project.yml", "profiles.yml", "requirements.lock"):
        shutil.copy(PROJECT / file, folder / file)
    return folder


def fingerprints(
    file: Path, without: tuple[str, ...] = (), where: str = "true", with_log: bool = False
) -> dict[str, tuple]:
    """Row count and an order-free, bit-exact hash of every table of a DuckDB file; of the quality log, which
    every build and test adds to, only when asked."""
    with duckdb.connect(str(file), read_only=True) as connection:
        tables = connection.sql(
            "select table_schema || '.' || table_name from information_schema.tables order by 1"
        ).fetchall()
        return {
            name: table_fingerprint(connection, name, without, where)
            for (name,) in tables
            if with_log or name != QUALITY_LOG
        }


def table_fingerprint(connection, relation: str, without: tuple[str, ...] = (), where: str = "true") -> tuple:
    """Row count and an order-free, bit-exact hash of the rows of one relation."""
    columns = [row[0] for row in connection.sql(f"describe from {relation}").fetchall()]
    kept = ", ".join(f'"{column}"' for column in columns if column not in without)
    return connection.sql(
        "select count(*), sum(hash(kept)::hugeint) "
        f"from (select {kept} from {relation} where {where}) as kept"
    ).fetchone()


def rows(file: Path, query: str) -> list[tuple]:
    """Rows of a query against a DuckDB file nobody holds."""
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.sql(query).fetchall()
