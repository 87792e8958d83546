"""US Energy Information Administration, open data API v2: spot prices and what biofuel plants take in.

* `eia/series` from `/petroleum/pri/spt/data` and `/natural-gas/pri/fut/data` (which carries the Henry Hub
  spot price too): the series of `seeds/eia_series.csv`, daily, USD/bbl and USD/MMBtu, public 2 to 7 days
  later. The routes are asked rather than `/seriesid/<v1 id>`, which EIA keeps for old programs only: pages,
  dates and order are documented for routes. The landed id stays the v1 id (`PET.RWTC.D` is series RWTC of
  the route).
* `eia/feedstocks` from `/petroleum/pnp/feedbiofuel/data`: all feedstock inputs of US biofuel plants (Form
  EIA-819), monthly from 2021, million lb, public on the last business day of the second following month and
  revised. The national total only (`duoarea` NUS); every series of it lands, one the seed does not know is
  quarantined in staging.

JSON, `api_key`; 5,000 rows a page, `offset`, `response.total`. Numbers come as text. Withheld, not
available or too small to print: null, "W", "NA", "--", "(s)" (which of the codes the API uses: (confirm)),
all NULL here. A warning of "incomplete return" stands in whole answers too and says nothing.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pandas as pd

from ingest.answers import Row, count, day, every_page, number, part
from ingest.client import Client
from ingest.errors import UnexpectedAnswerError
from ingest.keys import Key
from ingest.seeds import seed_rows
from ingest.source import Batch, Request, Source

SERIES, FEEDSTOCKS = "eia/series", "eia/feedstocks"
COLUMNS = ("series_id", "period", "value", "unit")
ROWS_A_PAGE = 5_000
ROUTES = {"PET": "petroleum/pri/spt", "NG": "natural-gas/pri/fut"}
UNITS = {"$/BBL": "USD/bbl", "$/MMBTU": "USD/MMBtu", "MMLB": "million lb"}
MISSING = (None, "W", "NA", "--", "(s)")
PATTERNS = {"daily": "%Y-%m-%d", "monthly": "%Y-%m"}


def fetch(request: Request) -> Iterator[Batch]:
    """Each spot price, then the feedstocks."""
    spots = [row["series_id"] for row in seed_rows("eia_series")]
    with request.client() as client:
        for thing in request.steps([*spots, "feedstocks"]):
            rows = (
                _feedstocks(request, client) if thing == "feedstocks" else _spot_price(request, client, thing)
            )
            if rows:
                table = FEEDSTOCKS if thing == "feedstocks" else SERIES
                yield table, pd.DataFrame.from_records(rows, columns=list(COLUMNS))


def _spot_price(request: Request, client: Client, series_id: str) -> list[Row]:
    dataset, series, _ = series_id.split(".")
    start = request.start(SERIES, series_id=series_id)
    rows = _rows(request, client, ROUTES[dataset], "daily", start, {"facets[series][]": series})
    for told, *_ in rows:
        if told != series:
            raise UnexpectedAnswerError(f"EIA {series_id}: expected rows of series {series}, found {told!r}")
    return [(series_id, *rest) for _, *rest in rows]


def _feedstocks(request: Request, client: Client) -> list[Row]:
    start = request.start(FEEDSTOCKS)
    return _rows(request, client, "petroleum/pnp/feedbiofuel", "monthly", start, {"facets[duoarea][]": "NUS"})


def _rows(
    request: Request, client: Client, route: str, frequency: str, start: dt.date, facets: dict[str, str]
) -> list[Row]:
    """Series, period, value and unit of a route's rows from `start` to the request's end, oldest first."""
    where, pattern = f"EIA {route}", PATTERNS[frequency]
    parameters = {
        "api_key": request.key,
        "frequency": frequency,
        "data[0]": "value",
        **facets,
        "start": f"{start:{pattern}}",
        "end": f"{request.until:{pattern}}",
        "sort[0][column]": "period",
        "sort[0][direction]": "asc",
        "sort[1][column]": "series",
        "sort[1][direction]": "asc",
        "length": ROWS_A_PAGE,
    }

    def ask(offset: int) -> tuple[int, list[Any]]:
        answer = client.json(f"{route}/data", {**parameters, "offset": offset})
        response = part(answer, "response", dict, where)
        return count(response, "total", where), part(response, "data", list, where)

    return [_row(record, where, pattern) for record in every_page(ask, where)]


def _row(record: Any, where: str, pattern: str) -> Row:
    series = part(record, "series", str, where)
    period = day(record, "period", where, pattern)
    unit = part(record, "units", str, where)
    if unit.upper() not in UNITS:
        raise UnexpectedAnswerError(
            f"{where}, {series} {period}: expected units to be one of {', '.join(UNITS)}, found {unit!r}"
        )
    value = number(record, "value", f"{where}, {series} {period}", MISSING)
    return series, period, value, UNITS[unit.upper()]


SOURCE = Source(
    name="eia",
    tables=(SERIES, FEEDSTOCKS),
    base="https://api.eia.gov/v2",
    first_date=dt.date(2000, 1, 1),
    look_back_days=400,  # the yearly revision of the monthly tables; a year of days is one page
    fetch=fetch,
    key=Key(
        "EIA_API_KEY",
        "https://www.eia.gov/opendata/register.php (free)",
        "fred has the same spot prices; there is no feedstock share.",
    ),
    pause=0.5,
)
