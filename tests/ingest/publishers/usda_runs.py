"""A source run against its imitation: what tests of several sources need."""

import datetime as dt
from pathlib import Path

import duckdb
import pandas as pd
from server import PublisherServer, landing_files

from ingest.landed import Landed
from ingest.landing_contract import TABLES
from ingest.run import Outcome, ingest
from ingest.source import Source

SAMPLE = Path(__file__).parents[3] / "landing" / "sample"
NOW = dt.datetime(2024, 7, 2, 6)
KEY = "k3y-nobody-should-see"


def newest_rows(landing: Path, table: str) -> pd.DataFrame:
    """The newest edition of each key of a landing table, without `ingested_at`; no rows without files."""
    contract = TABLES[table]
    if not list((landing / table).glob("*.parquet")):
        return pd.DataFrame(columns=list(contract.columns))
    columns, key = ", ".join(contract.columns), ", ".join(contract.key)
    return duckdb.sql(
        f"select {columns} from {landing_files(landing, table)} "
        f"qualify row_number() over (partition by {key} order by ingested_at desc) = 1 order by {key}"
    ).df()


def run(
    source: Source, server: PublisherServer, folder: Path, now: dt.datetime = NOW, key: str = KEY, **period
) -> Outcome:
    """One run of `source` into `folder`; `key` stands in every variable a source may want."""
    variables = {**server.variables(), **({source.key.variable: key} if source.key else {})}
    landed = Landed(folder, now=lambda: now)
    (outcome,) = ingest([source], folder, variables, landed=landed, in_a_hurry=True, **period)
    return outcome


def files_of(folder: Path) -> set[Path]:
    """Everything in `folder`, left-overs of a killed run included."""
    return {path for path in folder.rglob("*") if path.is_file()}


class Killed(Landed):
    """A landing folder whose run is killed when it is about to land batch number `at`."""

    def __init__(self, folder: Path, at: int) -> None:
        super().__init__(folder, now=lambda: NOW)
        self.left = at

    def land(self, table: str, frame: pd.DataFrame) -> int:
        if self.left == 0:
            raise KeyboardInterrupt
        self.left -= 1
        return super().land(table, frame)


def write_rows(folder: Path, table: str, frame: pd.DataFrame) -> None:
    """`frame` as one delivery of a publisher's landing, in the contract's columns."""
    rows = Landed(folder, now=lambda: NOW)
    rows.land(table, frame)
