"""USDA NASS: monthly soybean crush of "Fats and Oils: Oilseed Crushings" (table `usda/nass_crush`).

* What: five items of QuickStats, survey, national, monthly (`ITEMS`); oil stocks are crude oil on site and
  off site, as landing has them (once-refined oil is another item).
* From where: `api_GET` of quickstats.nass.usda.gov with `key`; `get_counts` tells how many rows an answer
  must have. A query without rows is refused by the service with 400, so the count is asked first. At most
  50,000 rows an answer; five years of one item have a few hundred.
* Units: short tons (printed so); oil is printed in lb and divided by 1,000 here.
* Public: first business day of the second following month, 15:00 ET (confirm). Revised up to 0.4 %, and
  once a year in the annual summary.
* Missing: (D) withheld, (NA) not available, (X) not applicable, (Z) below half the unit, (S) insufficient
  reports.
* The survey began in May 2015. Domain categories other than the one named in `ITEMS` are left out by rule
  (confirm: their names).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from ingest.client import Client
from ingest.errors import UnexpectedAnswerError
from ingest.keys import Key
from ingest.printed import field, number
from ingest.source import Batch, Request, Source

TABLE = "usda/nass_crush"

MISSING = ("(D)", "(NA)", "(X)", "(Z)", "(S)", "")
MOST_ROWS = 50_000
YEARS_AT_ONCE = 5

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")


@dataclass(frozen=True)
class Item:
    """A series of QuickStats: our column, NASS's name and unit, the domain category, and what one of our
    units is in theirs."""

    column: str
    short_desc: str
    unit: str
    domain: str
    divisor: float = 1.0


ITEMS = (
    Item("soybeans_crushed_tons", "SOYBEANS - CRUSHED, MEASURED IN TONS", "TONS", "NOT SPECIFIED"),
    Item(
        "oil_produced_1000lb",
        "OIL, SOYBEAN, CRUDE - PRODUCTION, MEASURED IN LB",
        "LB",
        "(CRUSHER)",
        divisor=1000.0,
    ),
    Item("meal_tons", "CAKE & MEAL, SOYBEAN - PRODUCTION, MEASURED IN TONS", "TONS", "NOT SPECIFIED"),
    Item(
        "oil_stock_1000lb",
        "OIL, SOYBEAN, ONSITE & OFFSITE, CRUDE - STOCKS, MEASURED IN LB",
        "LB",
        "(CRUSHER OR REFINER OR WAREHOUSE)",
        divisor=1000.0,
    ),
    Item("meal_stock_tons", "CAKE & MEAL, SOYBEAN - STOCKS, MEASURED IN TONS", "TONS", "NOT SPECIFIED"),
)


def fetch(request: Request) -> Iterator[Batch]:
    """One batch per five years, oldest first; a month has a row when one of the five items is reported."""
    start = request.start(TABLE)
    firsts = range(start.year, request.until.year + 1, YEARS_AT_ONCE)
    with request.client() as client:
        for first in request.steps(firsts):
            last = min(first + YEARS_AT_ONCE - 1, request.until.year)
            columns = {item.column: _series(client, item, first, last, request.key or "") for item in ITEMS}
            months = sorted(set().union(*columns.values()))
            gone = [item.short_desc for item in ITEMS if not columns[item.column]]
            if months and gone:
                raise UnexpectedAnswerError(
                    f"NASS has no row of '{gone[0]}' from {first} to {last}, but of others: renamed?"
                )
            rows = [
                {"month": month, **{name: values.get(month) for name, values in columns.items()}}
                for month in months
                if start <= month <= request.until
            ]
            if rows:
                yield TABLE, pd.DataFrame(rows).astype(dict.fromkeys(columns, "float64"))


SOURCE = Source(
    name="usda_nass_crush",
    tables=(TABLE,),
    base="https://quickstats.nass.usda.gov/api",
    first_date=dt.date(2015, 5, 1),
    look_back_days=400,  # the annual summary revises a year
    fetch=fetch,
    key=Key(
        variable="USDA_NASS_API_KEY",
        where="https://quickstats.nass.usda.gov/api (free)",
        without="no crush and no oil stocks; export sales (their own key) and WASDE (no key) still come.",
    ),
    pause=0.5,
)


def _series(client: Client, item: Item, first: int, last: int, key: str) -> dict[dt.date, float | None]:
    """Month -> value of one item in our unit, of the years `first` to `last`."""
    where = f"NASS {item.short_desc}"
    query = {
        "key": key,
        "source_desc": "SURVEY",
        "agg_level_desc": "NATIONAL",
        "freq_desc": "MONTHLY",
        "short_desc": item.short_desc,
        "year__GE": first,
        "year__LE": last,
        "format": "JSON",
    }
    counted = number(field(client.json("get_counts/", query), "count", f"{where}: get_counts"), (), where)
    if counted == 0:
        return {}
    if counted is None or counted > MOST_ROWS:
        raise UnexpectedAnswerError(
            f"{where}: {first} to {last} has {counted} rows; at most {MOST_ROWS} come"
        )
    rows = field(client.json("api_GET/", query), "data", f"{where}: api_GET")
    if not isinstance(rows, list) or len(rows) != counted:
        found = len(rows) if isinstance(rows, list) else repr(rows)[:80]
        raise UnexpectedAnswerError(f"{where}: {first} to {last} has {counted:.0f} rows, {found} came")
    return _by_month(item, rows, where)


def _by_month(item: Item, rows: list, where: str) -> dict[dt.date, float | None]:
    values: dict[dt.date, float | None] = {}
    domains = {str(field(row, "domaincat_desc", where)).strip() for row in rows}
    if not any(domain.endswith(item.domain) for domain in domains):
        raise UnexpectedAnswerError(
            f"{where}: domaincat_desc: expected {item.domain}, found {', '.join(sorted(domains))}"
        )
    for row in rows:
        if not row["domaincat_desc"].strip().endswith(item.domain):
            continue
        unit = field(row, "unit_desc", where)
        if unit != item.unit:
            raise UnexpectedAnswerError(f"{where}: unit_desc: expected {item.unit}, found {unit!r}")
        month = _month(field(row, "year", where), field(row, "reference_period_desc", where), where)
        printed = number(field(row, "Value", where), MISSING, f"{where}: Value of {month:%Y-%m}")
        value = None if printed is None else printed / item.divisor
        if values.setdefault(month, value) != value:
            raise UnexpectedAnswerError(f"{where}: {month:%Y-%m} stands twice with different values")
    return values


def _month(year: object, period: object, where: str) -> dt.date:
    name = str(period).strip().upper()
    if name not in MONTHS or not str(year).isdigit():
        raise UnexpectedAnswerError(
            f"{where}: expected a year and a month like JAN, found {year!r} {period!r}"
        )
    return dt.date(int(str(year)), MONTHS.index(name) + 1, 1)
