"""What has landed already, and landing more: whole files only, new and revised rows only.

A landing table is a folder of Parquet files that are never changed. `land` compares rows with the newest
landed value of their key and writes the different ones as one new file with its own `ingested_at`; rows
that say nothing new are left out. A file is written under a hidden name and moved into place, so a killed
run leaves whole files only.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pandas as pd
import psutil
import pyarrow as pa
import pyarrow.parquet as pq

from ingest.errors import IngestError, UnexpectedAnswerError
from ingest.landing_contract import TABLES, Table
from ml.landing import holds_synthetic


def utc_now() -> dt.datetime:
    """Now, UTC, without a zone, as `ingested_at` is stored."""
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


class Landed:
    """A landing folder.

    Parameters
    ----------
    folder
        `<folder>/<source>/<table>/*.parquet`.
    now
        The clock that gives `ingested_at`; a test passes its own.

    Raises
    ------
    IngestError
        The folder holds the simulated sample: real and simulated deliveries must never mix.
    """

    def __init__(self, folder: Path, now: Callable[[], dt.datetime] = utc_now) -> None:
        self.folder = folder
        self.now = now
        self._last_instant = dt.datetime.min
        if holds_synthetic(folder):
            raise IngestError(
                f"{folder} holds simulated deliveries; real ones must not mix with them. "
                "Name another --landing."
            )

    def newest_date(self, table: str, **match: object) -> dt.date | None:
        """Newest date of `table` among rows where each column of `match` has that value; None without
        rows."""
        return self.span(table, TABLES[table].date_column, **match)[1]

    def span(self, table: str, column: str, **match: object) -> tuple[dt.date | None, dt.date | None]:
        """Oldest and newest date in `column` of `table` among rows where each column of `match` has that
        value; None without rows."""
        if not self._files(table):
            return None, None
        where = " and ".join(f'"{name}" = ?' for name in match) or "true"
        query = f'select min("{column}")::date, max("{column}")::date from {self._scan(table)} where {where}'
        with duckdb.connect() as connection:
            return connection.execute(query, list(match.values())).fetchone()

    def dates(self, table: str, **match: object) -> set[dt.date]:
        """Dates of `table` that have landed, among rows where each column of `match` has that value."""
        if not self._files(table):
            return set()
        where = " and ".join(f'"{name}" = ?' for name in match) or "true"
        query = f'select distinct "{TABLES[table].date_column}"::date from {self._scan(table)} where {where}'
        with duckdb.connect() as connection:
            return {date for (date,) in connection.execute(query, list(match.values())).fetchall()}

    def newest_dates(self, table: str, by: str | None) -> dict[str | None, dt.date]:
        """Newest date of every series of `table`, told apart by the column `by` (None: one series)."""
        if not self._files(table):
            return {}
        series = f'"{by}"' if by else "null"
        query = f"""
            select {series} as series, max("{TABLES[table].date_column}")::date
            from {self._scan(table)} group by all order by all
        """
        with duckdb.connect() as connection:
            return dict(connection.execute(query).fetchall())

    def newest_rows(self, table: str) -> pd.DataFrame:
        """The newest landed edition of every key of `table`, in the contract's columns; empty without
        files."""
        contract = TABLES[table]
        if not self._files(table):
            return pd.DataFrame(columns=list(contract.columns))
        columns = ", ".join(f'"{name}"' for name in contract.columns)
        key = ", ".join(f'"{name}"' for name in contract.key)
        vintage = f', "{contract.vintage}" desc' if contract.vintage else ""
        query = f"""
            select {columns} from {self._scan(table)}
            qualify row_number() over (partition by {key} order by ingested_at desc{vintage}) = 1
            order by {key}
        """
        with duckdb.connect() as connection:
            return connection.execute(query).df()

    def rows(self, table: str) -> int:
        """How many rows of `table` have landed."""
        if not self._files(table):
            return 0
        with duckdb.connect() as connection:
            return connection.execute(f"select count(*) from {self._scan(table)}").fetchone()[0]

    def land(self, table: str, frame: pd.DataFrame) -> int:
        """Write the rows of `frame` that are new or revised as one file; returns how many.

        Parameters
        ----------
        table
            `<source>/<table>` of the landing contract.
        frame
            Columns of the contract without `ingested_at`, in its units; several vintages of a key may stand
            in it where the contract has a vintage column.

        Raises
        ------
        UnexpectedAnswerError
            A column is missing, a value does not fit its type, a key is NULL, or one key has two values.
        """
        contract = TABLES[table]
        arrow = _typed(table, contract, frame)
        new = self._new_rows(table, contract, arrow)
        if new.num_rows:
            self._write(table, new)
        return new.num_rows

    def _files(self, table: str) -> list[Path]:
        """Deliveries of a table; hidden files are none."""
        return sorted(
            file for file in (self.folder / table).glob("*.parquet") if not file.name.startswith(".")
        )

    def _scan(self, table: str) -> str:
        paths = ", ".join("'" + str(path).replace("'", "''") + "'" for path in self._files(table))
        return f"read_parquet([{paths}], hive_partitioning = false)"

    def _new_rows(self, table: str, contract: Table, fetched: pa.Table) -> pa.Table:
        """Rows that differ from the value their key had before: what has landed, or an earlier vintage."""
        names = list(contract.columns)
        key = ", ".join(f'"{name}"' for name in contract.key)
        vintage = f'"{contract.vintage}"' if contract.vintage else "null"
        values = ", ".join(
            f'"{name}"' for name in names if name not in contract.key and name != contract.vintage
        )
        columns = ", ".join(f'"{name}"' for name in names)
        date = f'"{contract.date_column}"'
        history = (
            f"select {columns}, ingested_at from {self._scan(table)} where {date} between "
            f"(select min({date}) from fetched) and (select max({date}) from fetched)"
            if self._files(table)
            else f"select {columns}, null::timestamp as ingested_at from fetched where false"
        )
        query = f"""
            with landed as (
                select {columns}, false as is_new from ({history})
                qualify row_number() over (partition by {key} order by ingested_at desc, {vintage} desc) = 1
            ),
            told as (
                select *, row({values}) as value_row from landed
                union all by name
                select distinct {columns}, true as is_new, row({values}) as value_row from fetched
            )
            select {columns}, is_new, 
                lag(value_row) over told_first is distinct from value_row as says_something,
                count(*) filter (where is_new) over (partition by {key}, {vintage}) as n_told
            from told
            window told_first as (partition by {key} order by is_new, {vintage})
            order by {columns}
        """
        with duckdb.connect() as connection:
            connection.register("fetched", fetched)
            found = connection.execute(query).to_arrow_table()
        contradictions = found.filter((pa.compute.field("n_told") > 1) & pa.compute.field("is_new"))
        if contradictions.num_rows:
            row = contradictions.slice(0, 1).to_pylist()[0]
            said = ", ".join(f"{name} {row[name]}" for name in contract.key)
            raise UnexpectedAnswerError(f"{table}: one key with two values in one answer: {said}")
        wanted = pa.compute.field("is_new") & pa.compute.field("says_something")
        return found.filter(wanted).select(names)

    def _write(self, table: str, rows: pa.Table) -> None:
        # Two files of one instant could not be told apart as editions.
        instant = max(self.now(), self._last_instant + dt.timedelta(microseconds=1))
        folder = self.folder / table
        while (folder / _file_name(instant)).exists():  # of another run: a delivery is never replaced
            instant += dt.timedelta(microseconds=1)
        self._last_instant = instant
        stamps = pa.array([instant] * rows.num_rows, type=pa.timestamp("us"))
        whole = rows.append_column("ingested_at", stamps)
        folder.mkdir(parents=True, exist_ok=True)
        for left_over in folder.glob(".*.part"):
            if not _is_being_written(left_over):
                left_over.unlink(missing_ok=True)
        name = _file_name(instant)
        hidden = folder / f".{name}.{os.getpid()}.part"
        with hidden.open("wb") as file:
            pq.write_table(whole, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        hidden.rename(folder / name)


def _is_being_written(part: Path) -> bool:
    """Whether the run that writes a hidden file, whose number its name ends with, is alive."""
    number = part.name.split(".")[-2]
    return number.isdigit() and int(number) != os.getpid() and psutil.pid_exists(int(number))


def _file_name(instant: dt.datetime) -> str:
    return f"{instant:%Y%m%dT%H%M%S}{instant.microsecond:06d}Z.parquet"


def _typed(table: str, contract: Table, frame: pd.DataFrame) -> pa.Table:
    """`frame` in the contract's columns and types."""
    missing = [name for name in contract.columns if name not in frame.columns]
    if missing:
        raise UnexpectedAnswerError(f"{table}: the answer has no {', '.join(missing)}")
    arrays = []
    for name, kind in contract.columns.items():
        try:
            array = pa.Array.from_pandas(frame[name], type=kind, safe=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise UnexpectedAnswerError(f"{table}: column {name} is no {kind}: {error}") from None
        if name in contract.key and array.null_count:
            raise UnexpectedAnswerError(f"{table}: {array.null_count} rows have no {name}, a part of the key")
        arrays.append(array)
    return pa.Table.from_arrays(arrays, names=list(contract.columns))
