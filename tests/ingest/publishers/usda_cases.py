"""USDA's three sources with their imitations, for tests of all three and of one."""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

import pandas as pd
import usda_export_sales as fas
import usda_nass_crush as nass
import usda_runs as runs
import usda_wasde as oce
from server import Answer, PublisherServer

from ingest.landing_contract import TABLES
from ingest.source import Source
from ingest.sources import SOURCES

SINCE = dt.date(2022, 7, 1)
LATER = runs.NOW + dt.timedelta(days=1)


@dataclass(frozen=True)
class Case:
    """A source, its imitation, a field of its answers, and how a test revises a row."""

    name: str
    imitation: ModuleType
    field: bytes
    value: str

    @property
    def source(self) -> Source:
        return SOURCES[self.name]

    @property
    def table(self) -> str:
        return self.source.tables[0]

    @property
    def date(self) -> str:
        return TABLES[self.table].date_column


CASES = [
    Case("usda_export_sales", fas, b"weeklyExports", "weekly_exports_mt"),
    Case("usda_nass_crush", nass, b"reference_period_desc", "soybeans_crushed_tons"),
    Case("usda_wasde", oce, b"MarketYear", "value"),
]
WITH_KEY = CASES[:2]


def write_recent(folder: Path) -> None:
    """The last two years of the sample, as a publisher's landing."""
    for one in CASES:
        frame = runs.newest_rows(runs.SAMPLE, one.table)
        runs.write_rows(folder, one.table, frame[frame[one.date] >= pd.Timestamp(SINCE)])


def told(landing: Path, case: Case) -> pd.DataFrame:
    """What has landed, of the destinations the publisher's landing has."""
    frame = runs.newest_rows(landing, case.table)
    if "country" in frame:
        frame = frame[frame["country"].isin(["TOTAL", "CHINA"])]
    return frame.reset_index(drop=True)


def spoiled_rows(server: PublisherServer, name: str, part: str, spoil) -> None:
    """Every JSON answer whose path has `part` goes through `spoil` (list of rows -> list of rows)."""
    whole = server.publishers[name]

    def answer(asked):
        given = whole(asked)
        if part not in asked.path or given.status != 200:
            return given
        body = json.loads(given.body)
        rows = body["data"] if isinstance(body, dict) else body
        rows = spoil(rows)
        return Answer(json.dumps({"data": rows} if isinstance(body, dict) else rows).encode())

    server.publishers[name] = answer
