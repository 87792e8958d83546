"""FRED and ALFRED of the Federal Reserve Bank of St. Louis: macro series with vintages,
`fred/observations`.

From `/fred/series/observations` and `/fred/series/vintagedates` (JSON, `api_key`): the active series of
`seeds/fred_series.csv`, in the unit that stands there; TEDRATE has ended and is not asked for. When a value
becomes public, its release rule says; FRED shows it the same day or the next. "." is a day without a value.
Limits: 120 requests a minute, 100,000 observations and 10,000 vintage dates a page, 2,000 vintage dates
within the real-time period of one request (undocumented; the API refuses more).

A value's `realtime_start` is the day FRED first held it, but no earlier than the real-time period asked
for: the API clips it. So a later run asks for the period from the newest landed vintage on; what did not
change in it comes clipped, says nothing new and is left out. The first run asks for initial releases
(`output_type=4`; that its rows are shaped like those of `output_type=1`: (confirm)) and for today's values:
what a forecast could have known first, and what holds now. So does a later run for new dates that come
clipped: FRED held them before, but a run with `--until`, or deliveries without vintages, left them out. A
series without vintages (computed spreads, ICE indices) is refused as not "in ALFRED" and has today's values
only.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from ingest.answers import Row, count, day, every_page, gathered, number, part
from ingest.client import Client
from ingest.errors import IngestError, RefusedError
from ingest.keys import Key
from ingest.seeds import seed_rows
from ingest.source import Batch, Request, Source

TABLE = "fred/observations"
COLUMNS = ("series_id", "observation_date", "realtime_start", "value")
OBSERVATIONS_A_PAGE = 100_000
VINTAGES_A_PAGE = 10_000
VINTAGES_A_REQUEST = 2_000
ROWS_A_BATCH = 50_000
MISSING = (".",)
NO_VINTAGES = ("does not exist in ALFRED", "No vintage dates exist")
NO_SERIES = "The series does not exist."
LATEST, INITIAL = 1, 4
"""`output_type`: observations by real-time period; initial release only."""


def fetch(request: Request) -> Iterator[Batch]:
    """All active series; one that FRED no longer has is named at the end, after the others have come.

    Raises
    ------
    IngestError
        The publisher cannot be read, or some series are gone.
    """
    active = [series for series in seed_rows("fred_series") if series["is_active"] == "true"]
    gone: list[str] = []
    with request.client() as client:
        for frame in gathered(_parts(request, client, active, gone), COLUMNS, ROWS_A_BATCH):
            yield TABLE, frame
    if gone:
        raise IngestError(
            f"FRED has no series {', '.join(gone)} any more; set is_active to false in seeds/fred_series.csv."
        )


def _parts(request: Request, client: Client, active: list[dict], gone: list[str]) -> Iterator[list[Row]]:
    for series in request.steps(active, name=lambda one: one["series_id"]):
        asking = _Asking(request, client, series["series_id"])
        try:
            yield asking.rows(is_revised=series["is_revised"] == "true")
        except RefusedError as refusal:
            if NO_SERIES not in refusal.said:
                raise
            gone.append(series["series_id"])


class _Asking:
    """Requests about one series, within one run."""

    def __init__(self, request: Request, client: Client, series_id: str) -> None:
        self.request = request
        self.client = client
        self.series_id = series_id
        self.where = f"FRED series {series_id}"
        # FRED refuses a day that has not begun in St. Louis.
        now = request.landed.now().replace(tzinfo=dt.UTC)
        self.today = now.astimezone(ZoneInfo("America/Chicago")).date()

    def rows(self, is_revised: bool) -> list[Row]:
        """Initial releases of dates FRED held before and that have not landed, and every value of today that
        may be new."""
        request, landed = self.request, self.request.landed
        oldest = landed.span(TABLE, "observation_date", series_id=self.series_id)[0]
        start = request.start(TABLE, series_id=self.series_id)
        if oldest is None:
            return self._initial(start, request.until) + self._latest(start, self.today)
        vintage = landed.span(TABLE, "realtime_start", series_id=self.series_id)[1]
        since = self.today if vintage is None else min(self.today, vintage)
        # No more than 2,000 days hold no more than 2,000 vintages.
        since = max(since, self.today - dt.timedelta(days=VINTAGES_A_REQUEST - 1))
        if request.since is not None and request.since < oldest:
            before = self._initial(request.since, min(request.until, oldest - dt.timedelta(days=1)))
        else:
            before = []
        if is_revised and request.since is None:
            start = oldest
        latest = self._latest(start, since)
        here = landed.dates(TABLE, series_id=self.series_id) | {row[1] for row in before}
        clipped = {date for _, date, held_from, _ in latest if held_from == since} - here
        behind = self._initial(min(clipped), max(clipped)) if clipped else []
        return before + [row for row in behind if row[1] in clipped] + latest

    def _initial(self, start: dt.date, end: dt.date) -> list[Row]:
        """Each observation from `start` to `end` as it was first printed."""
        first: dict[dt.date, Row] = {}
        vintages = self._vintages(start)
        for number_before in range(0, len(vintages), VINTAGES_A_REQUEST):
            chunk = vintages[number_before : number_before + VINTAGES_A_REQUEST]
            # What was printed in an earlier period comes again, clipped: the first period counts.
            for row in self._observations(start, end, chunk[0], chunk[-1], INITIAL):
                first.setdefault(row[1], row)
        return list(first.values())

    def _latest(self, start: dt.date, since: dt.date) -> list[Row]:
        """Values from `start` on that held on some day from `since` to today."""
        if start > self.request.until:
            return []
        try:
            return self._observations(start, self.request.until, since, self.today, LATEST)
        except RefusedError as refusal:
            if since == self.today or not _has_no_vintages(refusal):
                raise
            return self._observations(start, self.request.until, self.today, self.today, LATEST)

    def _vintages(self, start: dt.date) -> list[dt.date]:
        """Days on which the series was printed, from `start` on: no later observation was printed before."""
        parameters = {"realtime_start": start, "realtime_end": self.today, "sort_order": "asc"}
        try:
            answers = self._pages("vintagedates", "vintage_dates", VINTAGES_A_PAGE, parameters)
        except RefusedError as refusal:
            if not _has_no_vintages(refusal):
                raise
            return []
        return sorted({day({"vintage_dates": text}, "vintage_dates", self.where) for text in answers})

    def _observations(
        self, start: dt.date, end: dt.date, since: dt.date, to: dt.date, output_type: int
    ) -> list[Row]:
        parameters = {
            "observation_start": start,
            "observation_end": end,
            "realtime_start": since,
            "realtime_end": to,
            "output_type": output_type,
            "sort_order": "asc",
        }
        records = self._pages("observations", "observations", OBSERVATIONS_A_PAGE, parameters)
        return [
            (
                self.series_id,
                day(record, "date", self.where),
                day(record, "realtime_start", self.where),
                number(record, "value", f"{self.where}, {record['date']}", MISSING),
            )
            for record in records
        ]

    def _pages(self, path: str, name: str, page: int, parameters: dict[str, Any]) -> list[Any]:
        """The list `name` of all pages."""
        common = {"series_id": self.series_id, "api_key": self.request.key, "file_type": "json"}

        def ask(offset: int) -> tuple[int, list[Any]]:
            paging = {"limit": page, "offset": offset}
            answer = self.client.json(f"series/{path}", {**common, **parameters, **paging})
            return count(answer, "count", self.where), part(answer, name, list, self.where)

        return every_page(ask, self.where)


def _has_no_vintages(refusal: RefusedError) -> bool:
    return any(said in refusal.said for said in NO_VINTAGES)


SOURCE = Source(
    name="fred",
    tables=(TABLE,),
    base="https://api.stlouisfed.org/fred",
    first_date=dt.date(2000, 1, 1),
    look_back_days=30,
    fetch=fetch,
    key=Key(
        "FRED_API_KEY",
        "https://fredaccount.stlouisfed.org/apikeys (free)",
        "no macro series; eia has the spot prices of oil and gas.",
    ),
    pause=0.5,
)
