"""Reading what is served: the file `ZL_DB`, or its Parquet snapshot while a build holds the file.

dbt locks `ZL_DB` for the whole build, even against readers. Publishing therefore leaves a copy of the served
tables beside it, `<ZL_DB>.snapshot/<schema>.<table>.parquet`, a link that is swapped in one step; this module
reads it when the file is locked and says so.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

HOW_TO_BUILD = "Build them with: make forecast (or: dbt build --select +zl_predictions)"


class ServedError(RuntimeError):
    """What is served cannot be read; the message is one line for the person at the terminal."""


class NothingServedError(ServedError):
    """Nothing was ever published there."""


@dataclass(frozen=True)
class Served:
    """An open, read-only view of the served tables, under the names they have in the database."""

    connection: duckdb.DuckDBPyConnection
    path: Path
    notice: str | None = None
    """Where the rows come from, if not from the file itself: a sentence for the reader."""

    def rows(self, query: str, parameters: list | dict | None = None) -> list[dict[str, Any]]:
        """Rows of `query` as dictionaries; a `ServedError` names the table or column that is missing."""
        try:
            cursor = self.connection.execute(query, parameters or [])
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            what = str(error).splitlines()[0]
            raise ServedError(
                f"{self.path} was built by another version of the project ({what}). {HOW_TO_BUILD}"
            ) from None
        except duckdb.IOException as error:
            raise ServedError(f"{self.path} cannot be read: {first_line(error)}. {HOW_TO_BUILD}") from None
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@contextmanager
def open_served(path: str | os.PathLike) -> Iterator[Served]:
    """Open the served tables of `path` read-only, or its snapshot when a build holds the file.

    Parameters
    ----------
    path
        The served DuckDB file (`ZL_DB`).

    Raises
    ------
    ServedError
        No file, no forecasts in it, no DuckDB file, or locked without a snapshot.
    """
    path = Path(path)
    if not path.exists():
        raise NothingServedError(f"No forecasts yet: there is no {path}. {HOW_TO_BUILD}")
    notice = None
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.IOException as error:
        holder = lock_holder(str(error))
        if holder is None:
            raise ServedError(f"{path} cannot be opened as a DuckDB file: {first_line(error)}") from None
        connection = open_snapshot(path, holder)
        notice = f"A build is running ({holder}). These are the forecasts published before it."
    except duckdb.Error as error:
        raise ServedError(f"{path} cannot be opened as a DuckDB file: {first_line(error)}") from None
    try:
        served = connection.execute(
            "select count(*) from duckdb_columns() where schema_name = 'forecasts' and table_name = "
            "'zl_predictions'"
        ).fetchone()
        if served == (0,):
            raise NothingServedError(
                f"No forecasts yet: nothing has been published into {path}. {HOW_TO_BUILD}"
            )
        yield Served(connection, path, notice)
    finally:
        connection.close()


def served_run(db: Path) -> dict[str, Any]:
    """The served run's row of ops.training_runs; empty when nothing is served."""
    try:
        with open_served(db) as served:
            rows = served.rows("select * from ops.training_runs limit 1")
    except NothingServedError:
        return {}
    return rows[0] if rows else {}


def open_snapshot(path: Path, holder: str) -> duckdb.DuckDBPyConnection:
    """An in-memory copy of the Parquet files of `<path>.snapshot`.

    The link is resolved once, so that two runs are never mixed; a publication that takes the folder away
    meanwhile is met by resolving it again.
    """
    link = Path(f"{path}.snapshot")
    for last_try in (False, False, True):
        files = sorted(link.resolve().glob("*.*.parquet"))
        if not files and link.exists() and not last_try:
            continue
        if not files:
            raise ServedError(
                f"A build is running ({holder}), and there is no {link} of what was published before it. "
                "Try again when it is done."
            )
        try:
            return copy_of(files)
        except duckdb.IOException:
            if last_try:
                raise ServedError(
                    f"The snapshot {link} cannot be read. Try again when the build is done."
                ) from None
    raise AssertionError("the last try returns or raises")


def copy_of(files: list[Path]) -> duckdb.DuckDBPyConnection:
    """An in-memory database with a table `schema.table` for each file `schema.table.parquet`."""
    connection = duckdb.connect()
    for file in files:
        schema, table = file.name.removesuffix(".parquet").split(".", 1)
        connection.execute(f'create schema if not exists "{schema}"')
        connection.read_parquet(str(file), hive_partitioning=False).create(f'"{schema}"."{table}"')
    return connection


def lock_holder(message: str) -> str | None:
    """`PID n` from DuckDB's words about a lock; None when the message is about something else.

    >>> lock_holder('Could not set lock on file "zl.duckdb": Conflicting lock is held in python (PID 42).')
    'PID 42'
    """
    if re.search("could not set lock|conflicting lock", message, re.IGNORECASE) is None:
        return None  # a damaged file's words hold a "block"
    found = re.search(r"PID \d+", message)
    return found.group(0) if found else "another process"


def first_line(error: BaseException) -> str:
    """The first line of an error's text, for one-line messages."""
    return str(error).strip().splitlines()[0]
