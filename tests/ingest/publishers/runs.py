"""Runs of a source against its imitation, small landing folders, and what has landed."""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterable
from pathlib import Path

import duckdb
import pandas as pd
from server import PublisherServer

from ingest.landed import Landed
from ingest.run import Outcome, ingest
from ingest.seeds import SEEDS
from ingest.source import Source

SAMPLE = Path(__file__).parents[3] / "landing" / "sample"
NOW = dt.datetime(2024, 7, 1, 20)


def write(folder: Path, table: str, columns: str, rows: Iterable[tuple], at: dt.datetime = NOW) -> Path:
    """Deliver rows into a landing folder that a publisher will speak for; returns the folder."""
    frame = pd.DataFrame(list(rows), columns=columns.split())
    Landed(folder, now=lambda: at).land(table, frame)
    return folder


def run(
    source: Source,
    server: PublisherServer,
    folder: Path,
    at: dt.datetime = NOW,
    key: str | None = None,
    landed: Landed | None = None,
    since: dt.date | None = None,
    until: dt.date | None = None,
) -> Outcome:
    """One ingestion of `source` from the server, at the instant `at`."""
    variables = server.variables()
    if source.key and key:
        variables[source.key.variable] = key
    landed = landed or Landed(folder, now=lambda: at)
    return ingest([source], folder, variables, since, until, landed=landed, in_a_hurry=True)[0]


def everything(folder: Path, table: str) -> list[tuple]:
    """All landed rows of a table without `ingested_at`, in the order of the columns."""
    return _rows(folder, table, "select * exclude (ingested_at) from {files} order by all")


def newest(folder: Path, table: str, key: str, columns: str = "* exclude (ingested_at)") -> list[tuple]:
    """`columns` of the newest edition of each key, in their order."""
    query = f"""
        select {columns} from {{files}}
        qualify row_number() over (partition by {key} order by ingested_at desc, {{vintage}} desc) = 1
        order by all
    """
    return _rows(folder, table, query)


def _rows(folder: Path, table: str, query: str) -> list[tuple]:
    if not list((folder / table).glob("*.parquet")):
        return []
    vintage = "realtime_start" if table == "fred/observations" else "1"
    return duckdb.sql(
        query.format(files=f"read_parquet('{folder}/{table}/*.parquet')", vintage=vintage)
    ).fetchall()


def deliver_changed(folder: Path, table: str, key: str, value: str, at: dt.datetime) -> tuple:
    """Deliver the newest row of a table again, `value` raised by 5, printed at `at`; returns that row."""
    frame = duckdb.sql(
        f"select * exclude (ingested_at) from read_parquet('{folder}/{table}/*.parquet') "
        f"order by {key} desc limit 1"
    ).df()
    frame[value] += 5
    for column in frame.select_dtypes("datetime").columns:
        frame[column] = frame[column].dt.date
    if "realtime_start" in frame:
        frame["realtime_start"] = at.date()
    Landed(folder, now=lambda: at).land(table, frame)
    return next(frame.itertuples(index=False, name=None))


def files(folder: Path) -> dict[Path, bytes]:
    """Every file in a folder with its bytes."""
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def few_seeds(folder: Path, **kept: tuple[str, ...]) -> Path:
    """Seeds with only the rows whose first column is named: `fred_series=("DGS10",)`."""
    folder.mkdir()
    for name, ids in kept.items():
        with (SEEDS / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
            header, *rows = list(csv.reader(lines))
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as lines:
            csv.writer(lines).writerows([header, *(row for row in rows if row[0] in ids)])
    return folder
