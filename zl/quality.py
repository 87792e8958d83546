"""`zl quality`: raw, staging and every check on the deliveries at a clock, and the checks of the layers above
on what was last built, gathered from the rows dbt's own run writes into ops.data_quality_log.

It builds in a folder of its own, `<ZL_DB>.quality`; the served forecasts are neither needed nor touched. Only
its rows are added to the served log.
"""

import datetime as dt
import fcntl
import hashlib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from zl.served import ServedError, lock_holder, served_run

PROJECT = Path(__file__).resolve().parent.parent
DELIVERED = (
    *("databento", "fred", "eia", "epa", "usda", "cftc", "farm_policy_news", "farmdoc_daily"),
    *("cboe", "refinitiv_quotes", "policy_uncertainty", "imf", "reference"),
)
LAYERS = ("features", "training", "forecasts")
DIMENSIONS = ("accuracy", "completeness", "consistency", "timeliness", "validity", "uniqueness")
LOG = "ops.data_quality_log"
# The check a raw model is: its files are whole and as their contract says.
CONTRACT = "_keeps_the_contract"
# What is built for the checks on deliveries: nothing that learns.
SELECTION = ("raw", "staging", "reference", "path:seeds")


class QualityError(RuntimeError):
    """Checks that could not be run; the message is one line."""


@dataclass
class QualityReport:
    """One run of the checks."""

    checked_at: dt.datetime
    landing: str
    checks: list[dict[str, Any]]
    """Rows of ops.data_quality_log with `offenders` as a list."""
    notices: list[str] = field(default_factory=list)
    seconds: float = 0.0
    peak_memory_gib: float = 0.0

    @property
    def alarms(self) -> list[dict[str, Any]]:
        """Checks that warn or failed, errors first, in the order of sources and dimensions."""
        order = (*DELIVERED, *LAYERS)
        found = [row for row in self.checks if row["status"] in ("warn", "error")]
        return sorted(
            found,
            key=lambda row: (
                row["status"] != "error",
                order.index(row["source"]),
                DIMENSIONS.index(row["dimension"]),
                row["check_name"],
            ),
        )

    @property
    def has_errors(self) -> bool:
        """Whether a check of severity error failed."""
        return any(row["status"] == "error" for row in self.checks)

    def counts(self, source: str, dimension: str) -> dict[str, int]:
        """Number of checks of one cell by status."""
        cell: dict[str, int] = {}
        for row in self.checks:
            if (row["source"], row["dimension"]) == (source, dimension):
                cell[row["status"]] = cell.get(row["status"], 0) + 1
        return cell


def run_quality(
    db: Path, landing: Path | None, clock: dt.datetime | None, progress: Callable[[str], None]
) -> QualityReport:
    """Build raw and staging of `landing` aside, run every check at `clock`, and log the results.

    Parameters
    ----------
    db
        The served DuckDB file. Without it only the deliveries are checked, and nothing is logged.
    landing
        Folder of deliveries; None for that of the served run, or the bundled sample.
    clock
        What "now" means for freshness, UTC; None for the project's rule (var `clock`).
    progress
        Called with a few words while the checks run.

    Raises
    ------
    QualityError
        dbt could not run the checks at all (its reason is in the message), or the same are running already.
    ServedError
        Without `landing`, when the served file cannot be read.
    """
    run = run_in_question(db, landing)
    folder = str(landing.resolve()) if landing else run.get("landing", "landing/sample")
    own = own_database(db, folder)
    own.parent.mkdir(parents=True, exist_ok=True)
    with Path(f"{own}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise QualityError(
                f"These deliveries are being checked already, in {own.parent}. Try again when that is done."
            ) from None
        return run_checks(db, own, run, folder, clock, progress)


def run_checks(
    db: Path,
    own: Path,
    run: dict[str, Any],
    folder: str,
    clock: dt.datetime | None,
    progress: Callable[[str], None],
) -> QualityReport:
    """The checks themselves, in the scratch database `own`, which nobody else uses meanwhile."""
    started = time.monotonic()
    variables = {"landing": folder, "effort": run.get("effort", "quick")}
    if clock:
        variables["clock"] = clock.strftime("%Y-%m-%d %H:%M:%S")
    delete_database(own)  # the log of the run before; what it built stays and is built upon
    notices = []
    why_not = reason_to_skip_layers(db, run, folder)
    if why_not:
        notices.append(why_not)
    else:
        # The layers above are checked on what they were built from, before anything newer is staged.
        copy_database(Path(f"{db}.build"), Path(f"{own}.build"))
        dbt(own, variables, progress, "forecasts", "test", "--select", *tags(LAYERS))
    # Everything is built before anything is checked, so that a failed check leaves no other one unasked.
    no_tests = ("--exclude-resource-type", "test", "unit_test")
    dbt(own, variables, progress, "building", "build", "--select", *SELECTION, *no_tests)
    dbt(own, variables, progress, "deliveries", "test", "--select", *tags(DELIVERED))
    checks = [
        row | ({"run_id": run["run_id"]} if row["source"] in LAYERS and run else {})
        for row in without_echoes(logged_rows(own))
    ]
    if not checks:
        raise QualityError(f"No check was run: {last_words(own)}")
    complaint = add_to_served_log(db, checks)
    if complaint:
        notices.append(complaint)
    kilobytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return QualityReport(
        checks[0]["checked_at"], folder, checks, notices, time.monotonic() - started, kilobytes / 1024**2
    )


def delete_database(path: Path) -> None:
    """Delete a DuckDB file and what a killed process has left in its log beside it, which DuckDB would write
    into the next file of that name."""
    for file in (path, Path(f"{path}.wal")):
        file.unlink(missing_ok=True)


def copy_database(source: Path, target: Path) -> None:
    """Copy a DuckDB file whole: its log is written into it first, and nobody builds in it meanwhile.

    Raises
    ------
    QualityError
        Another process holds it.
    """
    delete_database(target)
    try:
        with duckdb.connect(str(source)) as held:
            held.execute("checkpoint")
            shutil.copy(source, target)
    except duckdb.Error as trouble:
        raise QualityError(f"{source} cannot be copied: {str(trouble).splitlines()[0]}") from None


def tags(names: tuple[str, ...]) -> list[str]:
    """dbt's selection of the checks of these sources."""
    return [f"tag:{name}" for name in names]


def run_in_question(db: Path, landing: Path | None) -> dict[str, Any]:
    """The served run, read from the snapshot while a build holds the file; empty when nothing is served.

    A file that cannot be read is an error where the run has to say whose deliveries are meant.
    """
    try:
        return served_run(db)
    except ServedError:
        if landing is None:
            raise
        return {}


def own_database(db: Path, landing: str) -> Path:
    """Where the checks of these deliveries build: the same place each time; only new files are loaded."""
    name = hashlib.sha256(os.path.realpath(PROJECT / landing).encode()).hexdigest()[:12]
    return Path(f"{os.path.abspath(db)}.quality") / name / "zl.duckdb"


def reason_to_skip_layers(db: Path, run: dict[str, Any], landing: str) -> str | None:
    """Why the layers above staging cannot be checked, in one line; None when they can."""
    layers = "features, training and forecasts were not checked: "
    if not run:
        return layers + f"nothing can be read in {db}."
    if os.path.realpath(PROJECT / landing) != os.path.realpath(PROJECT / run["landing"]):
        return layers + f"what is served was built from {run['landing']}."
    try:
        with duckdb.connect(f"{db}.build", read_only=True) as connection:
            built = connection.sql("select run_id, code_fingerprint from ops.training_runs").fetchone()
    except duckdb.Error:
        return layers + f"{db}.build is gone or in use."
    from ml.dbt_plugin import code_fingerprint

    if built[0] != run["run_id"]:
        return layers + f"{db}.build holds a later run than the one served."
    if built[1] != code_fingerprint():
        return layers + "what is served was built by other code; build again."
    return None


def dbt(
    own: Path, variables: dict[str, str], progress: Callable[[str], None], what: str, *arguments: str
) -> None:
    """Run dbt in `own`; failures of checks are in the log it writes, not here."""
    line = [
        *(str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *arguments),
        *("--vars", json.dumps(variables), "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
        *("--target-path", str(own.with_name("target")), "--log-path", str(own.with_name("logs"))),
    ]
    output = own.with_name(f"{what}.txt")
    with (
        output.open("w") as kept,
        subprocess.Popen(
            line,
            cwd=PROJECT,
            env=os.environ | {"ZL_DB": str(own), "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as running,
    ):
        for words in running.stdout or ():
            kept.write(words)
            step = re.search(r"(\d+) of (\d+) (?:OK|PASS|WARN|FAIL|ERROR|SKIP)", words)
            if step:
                progress(f"Checking {what}: {step[1]} of {step[2]}")
    if running.returncode not in (0, 1):
        raise QualityError(f"dbt stopped: {last_words(own, what)}")


def last_words(own: Path, what: str = "building") -> str:
    """What dbt complained of last, in one line."""
    lines = own.with_name(f"{what}.txt").read_text().splitlines()
    errors = [number for number, line in enumerate(lines) if "Error" in line]
    return " ".join(" ".join(lines[errors[0] : errors[0] + 3] if errors else lines[-3:]).split())


def logged_rows(own: Path) -> list[dict[str, Any]]:
    """The checks a run of dbt left in the log of `own`, in a fixed order."""
    if not own.exists():
        return []
    with duckdb.connect(str(own), read_only=True) as connection:
        tables = connection.sql("select count(*) from duckdb_tables() where table_name = 'data_quality_log'")
        if tables.fetchone() == (0,):
            return []
        found = connection.sql(f"select * from {LOG} order by source, dimension, check_name")
        rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    for row in rows:
        row["command"] = "quality"
        row["offenders"] = json.loads(row["offenders"]) if row["offenders"] else []
    return rows


def without_echoes(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows with `skipped` for checks of a relation that a refused delivery kept from being built.

    The refusal is the error; without one, a relation that is not there stays an error.
    """
    refused = any(row["status"] == "error" and row["check_name"].endswith(CONTRACT) for row in rows)
    for row in rows:
        words = " ".join(map(str, row["offenders"]))
        if refused and row["measured"] is None and "Catalog Error" in words and "does not exist" in words:
            row |= {"status": "skipped", "offenders": []}
    return rows


def add_to_served_log(db: Path, checks: list[dict[str, Any]]) -> str | None:
    """Add the rows to the log people read, in place of those of the same clock; returns why not, if not."""
    if not db.exists():
        return f"Not logged: there is no {db} yet."
    rows = [
        list((check | {"offenders": json.dumps(check["offenders"]) if check["offenders"] else None}).values())
        for check in checks
    ]
    try:
        with duckdb.connect(str(db)) as connection:
            if connection.sql(
                "select count(*) from duckdb_tables() where table_name = 'data_quality_log'"
            ).fetchone() == (0,):
                return f"Not logged: {db} was built by an earlier version; the next build makes its log."
            connection.begin()
            for run_id in {check["run_id"] for check in checks}:
                connection.execute(
                    f"delete from {LOG} where checked_at = ? and command = 'quality' "
                    "and run_id is not distinct from ?",
                    [checks[0]["checked_at"], run_id],
                )
            connection.executemany(f"insert into {LOG} values ({', '.join('?' * len(rows[0]))})", rows)
            connection.commit()
            refresh_snapshot(connection, db)
    except duckdb.IOException as trouble:
        if lock_holder(str(trouble)) is None:
            return f"Not logged: {db} cannot be written: {str(trouble).splitlines()[0]}"
        return f"Not logged: {db} is in use, a build is running."
    return None


def refresh_snapshot(connection: duckdb.DuckDBPyConnection, db: Path) -> None:
    """Bring the log in the snapshot beside `db` up to date, in one rename."""
    folder = Path(f"{db}.snapshot").resolve()
    if not folder.is_dir():
        return
    fresh = folder / f".{LOG}.{os.getpid()}"
    quoted = str(fresh).replace("'", "''")
    connection.execute(f"copy {LOG} to '{quoted}' (format parquet, compression zstd)")
    fresh.replace(folder / f"{LOG}.parquet")
