"""FRED as its API documentation describes it: `/fred/series/observations` and `/fred/series/vintagedates`.

Written from the documentation at fred.stlouisfed.org/docs/api/fred (parameters, JSON fields, error bodies)
and, for the limit of 2,000 vintage dates, the clipping of `realtime_start` and series that are not in
ALFRED, from users' reports of its answers. Values come from landing files: an edition without a vintage of
its own was printed the day after its date, a later edition the day it was delivered.
"""

from __future__ import annotations

import bisect
import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import duckdb
from server import Answer, Asked, landing_files

from ingest.seeds import seed_rows

TABLES = ("fred/observations",)
KEY = "fred-key-of-a-test"
NOT_IN_ALFRED = ("T10Y2Y", "T10Y3M", "BAMLH0A0HYM2", "BAMLC0A0CM")
OPEN_END = dt.date(9999, 12, 31)
FIRST_VINTAGE = dt.date(1776, 7, 4)
LATEST, INITIAL = 1, 4

Editions = list[tuple[dt.date, float | None]]
"""Vintages of one observation with their values, oldest first."""


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    """The API over the FRED rows of `landing`; series of the seed without rows have no observations yet."""
    series = {row["series_id"]: {} for row in seed_rows("fred_series")}
    for series_id, date, value, vintage in _landed(landing):
        editions = series.setdefault(series_id, {}).setdefault(date, [])
        if not editions or editions[-1][1] != value:
            editions.append((vintage, value))

    def answer(asked: Asked) -> Answer:
        parameters = asked.parameters
        if parameters.get("api_key") != KEY:
            return _refusal("The value for variable api_key is not registered.")
        if parameters.get("file_type") != "json":
            return _refusal("This imitation knows file_type=json only.")
        series_id = parameters["series_id"]
        if series_id not in series:
            return _refusal("The series does not exist.")
        if asked.path == "series/vintagedates":
            return _vintage_dates(series_id, series[series_id], parameters)
        if asked.path == "series/observations":
            return _observations(series_id, series[series_id], parameters)
        return Answer(b'{"error_code":404,"error_message":"Not Found."}', 404)

    return answer


def _landed(landing: Path) -> list[tuple]:
    if not list((landing / TABLES[0]).glob("*.parquet")):
        return []
    return duckdb.sql(
        f"""
        select
            series_id, observation_date, value,
            coalesce(
                realtime_start, if(row_number() over editions = 1, observation_date + 1, ingested_at::date)
            )
        from {landing_files(landing, TABLES[0])}
        window editions as (partition by series_id, observation_date order by ingested_at, realtime_start)
        order by series_id, observation_date, ingested_at, realtime_start
        """
    ).fetchall()


def _refusal(why: str) -> Answer:
    body = {"error_code": 400, "error_message": f"Bad Request.  {why}"}
    return Answer(json.dumps(body).encode(), 400)


def _asked_day(parameters: dict[str, str], name: str, default: dt.date) -> dt.date:
    return dt.date.fromisoformat(parameters[name]) if name in parameters else default


def _page(parameters: dict[str, str], name: str, entries: list, most: int) -> Answer:
    limit, offset = min(int(parameters.get("limit", most)), most), int(parameters.get("offset", 0))
    body = {
        "realtime_start": parameters.get("realtime_start"),
        "realtime_end": parameters.get("realtime_end"),
        "sort_order": "asc",
        "count": len(entries),
        "offset": offset,
        "limit": limit,
        name: entries[offset : offset + limit],
    }
    return Answer(json.dumps(body).encode())


def _vintage_dates(series_id: str, values: dict[dt.date, Editions], parameters: dict[str, str]) -> Answer:
    if series_id in NOT_IN_ALFRED:
        return _refusal("The series does not exist in ALFRED but may exist in FRED.")
    since = _asked_day(parameters, "realtime_start", FIRST_VINTAGE)
    to = _asked_day(parameters, "realtime_end", OPEN_END)
    vintages = sorted({vintage for editions in values.values() for vintage, _ in editions})
    told = [str(vintage) for vintage in vintages if since <= vintage <= to]
    return _page(parameters, "vintage_dates", told, 10_000)


def _observations(series_id: str, values: dict[dt.date, Editions], parameters: dict[str, str]) -> Answer:
    since = _asked_day(parameters, "realtime_start", FIRST_VINTAGE)
    to = _asked_day(parameters, "realtime_end", OPEN_END)
    if series_id in NOT_IN_ALFRED and since != to:
        return _refusal("The series does not exist in ALFRED but may exist in FRED.")
    vintages = {vintage for editions in values.values() for vintage, _ in editions}
    n_vintages = sum(since <= vintage <= to for vintage in vintages)
    if n_vintages > 2_000:
        return _refusal(
            f"There are {n_vintages} vintage dates in the specified real-time period: {since} to {to}.  "
            "This exceeds the maximum number of vintage dates allowed (2000)."
        )
    dates = list(values)
    first = bisect.bisect_left(dates, _asked_day(parameters, "observation_start", FIRST_VINTAGE))
    last = bisect.bisect_right(dates, _asked_day(parameters, "observation_end", OPEN_END))
    is_initial = int(parameters.get("output_type", LATEST)) == INITIAL
    told = []
    for date in dates[first:last]:
        editions = values[date]
        ends = [vintage - dt.timedelta(days=1) for vintage, _ in editions[1:]] + [OPEN_END]
        held = [
            {
                "realtime_start": str(max(since, vintage)),
                "realtime_end": str(min(to, end)),
                "date": str(date),
                "value": "." if value is None else repr(value),
            }
            for (vintage, value), end in zip(editions, ends, strict=True)
            if vintage <= to and end >= since
        ]
        told += held[:1] if is_initial else held
    return _page(parameters, "observations", told, 100_000)
