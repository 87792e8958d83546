"""Faults of the data, each with the one check of data quality that is meant to find it: planted_faults.csv.

A fault is something a publisher, a vendor or a tired loader has done before: wrong values, missing weeks,
restated history, another unit, another direction of a quote, a feed that stands still, a late source. Most
are planted in a copy of the sample's deliveries, the others in tables built from it. Conditions and values
are DuckDB SQL over a row of the delivery; `{table}` in them stands for all rows of the table as delivered.
"""

import csv
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingest.landing_contract import LIVE_ONLY

LISTED = Path(__file__).with_suffix(".csv")
DIMENSIONS = ("accuracy", "completeness", "consistency", "timeliness", "validity", "uniqueness")
LAYERS = ("features", "training", "forecasts")
LATER = "timestamp '2024-07-01 11:00:00'"
PRICES = ("open", "high", "low", "close")


@dataclass(frozen=True)
class Fault:
    """One planted fault.

    Parameters
    ----------
    fault : what is wrong, in the words of the one who finds it.
    source, dimension : the check's place in the matrix of data quality; its tags.
    check : the dbt test that has to turn red, and no other is asked.
    status : `warn` or `error`, as the check says when the fault is in; `pass` for a true event.
    named : words that all stand in one row the check returns, so that it is red for this fault and no other.
    how : `changed` rows, rows `lost`, `delivered later` or `delivered twice` (in one delivery) with other
        values, `in tables` (SQL on what was built), `clock` (nothing arrives until then).
    table : `<source>/<table>` of the deliveries; empty for the last two.
    rows : which rows.
    values : `column = expression` parted by `;`, the SQL, or the clock. `prices` is all four prices of a bar,
        `x` the price.
    """

    fault: str
    source: str
    dimension: str
    check: str
    status: str
    named: str
    how: str
    table: str
    rows: str
    values: str

    @property
    def is_above_staging(self) -> bool:
        """Whether it is planted in a layer only the main job builds."""
        return self.source in LAYERS

    @property
    def is_live_only(self) -> bool:
        """Whether it is planted in a table the sample has no files of."""
        return self.table in LIVE_ONLY

    @property
    def clock(self) -> str:
        """The instant the checks are asked at, if it is not that of the sample."""
        return self.values if self.how == "clock" else ""

    @property
    def statement(self) -> str:
        """SQL that spoils the built tables, if that is where it is planted."""
        return self.values if self.how == "in tables" else ""

    def spoil(self, landing: Path) -> None:
        """Plant the fault in a landing folder; ValueError when no row is there to be spoiled."""
        folder = landing / self.table
        if self.how == "changed":
            rewrite(
                folder, self.rows, lambda types: f"replace ({replaced(types, self.new_values(), self.rows)})"
            )
        elif self.how == "lost":
            rewrite(folder, self.rows, lambda types: "", kept=f"({self.rows}) is not true")
        elif self.how in ("delivered later", "delivered twice"):
            ingested_at = LATER if self.how == "delivered later" else "ingested_at"
            deliver_again(folder, self.rows, self.new_values() | {"ingested_at": ingested_at})

    def new_values(self) -> dict[str, str]:
        """Expression by column."""
        given = dict(part.strip().split(" = ", 1) for part in self.values.split(";"))
        prices = given.pop("prices", "")
        return given | ({name: re.sub(r"\bx\b", name, prices) for name in PRICES} if prices else {})


def rewrite(folder: Path, where: str, columns, kept: str = "true") -> None:
    """Write the files of a table anew that hold matching rows."""
    n_matching = 0
    fresh_files = []
    for file in sorted(folder.glob("*.parquet")):
        with duckdb.connect() as connection:
            query = f"select count(*) from '{file}' where {where}".replace("{table}", f"'{folder}/*.parquet'")
            n_here = connection.sql(query).fetchone()[0]
            if n_here:
                n_matching += n_here
                select = f"select * {columns(column_types(connection, file))} from '{file}' where {kept}"
                fresh_files.append((file, write(connection, select, folder, file.with_suffix(".fresh"))))
    if not n_matching:
        raise ValueError(f"Nothing to spoil: {folder} has no row where {where}.")
    for file, fresh in fresh_files:
        fresh.replace(file)


def deliver_again(folder: Path, where: str, values: dict[str, str]) -> None:
    """The rows once more, in a file of their own, with other values."""
    digest = hashlib.sha256(f"{where}{sorted(values.items())}".encode()).hexdigest()[:8]
    with duckdb.connect() as connection:
        types = column_types(connection, folder / "*.parquet")
        select = f"select * replace ({replaced(types, values)}) from {{table}} where {where}"
        if not connection.sql(select.replace("{table}", f"'{folder}/*.parquet'")).fetchone():
            raise ValueError(f"Nothing to deliver again: {folder} has no row where {where}.")
        write(connection, select, folder, folder / f"planted_{digest}.parquet")


def replaced(types: dict[str, str], values: dict[str, str], where: str = "true") -> str:
    """The `replace` list that gives matching rows the new values under the types the file has."""
    return ", ".join(
        f'cast(case when {where} then {value} else "{name}" end as {types[name]}) as "{name}"'
        for name, value in values.items()
    )


def column_types(connection, files: Path) -> dict[str, str]:
    """Type by column, in the file's order."""
    return {row[0]: row[1] for row in connection.sql(f"describe from '{files}'").fetchall()}


def write(connection, select: str, folder: Path, file: Path) -> Path:
    """Write rows as Parquet."""
    rows = select.replace("{table}", f"'{folder}/*.parquet'")
    connection.execute(f"copy ({rows}) to '{file}' (format parquet)")
    return file


with LISTED.open(newline="") as listed:
    FAULTS = tuple(Fault(**row) for row in csv.DictReader(listed))

# Planted alike, but no fault: what honestly happens, and once stopped an honest build.
with LISTED.with_name("true_events.csv").open(newline="") as listed:
    TRUE_EVENTS = tuple(
        Fault(fault=row.pop("event"), status="pass", named="", **row) for row in csv.DictReader(listed)
    )
