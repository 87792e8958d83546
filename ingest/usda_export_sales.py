"""USDA export sales: weekly sales and shipments by destination (table `usda/export_sales`).

* What: soybeans (801), soybean meal (901) and soybean oil (902), every destination, of the marketing year
  that is current in the week. FAS counts meal and oil from October, soybeans from September; a week on the
  boundary stands once in each of the two years.
* From where: Export Sales Reporting API of the Foreign Agricultural Service, key in the header `X-Api-Key`
  (the name the service accepts; its pages say `API_KEY`) (confirm): `datareleasedates`, `countries`,
  `unitsOfMeasure`, `exports/commodityCode/{code}/allCountries/marketYear/{year}`, where the year is the one
  in which the marketing year ends. One answer holds a whole marketing year, so every run compares all weeks
  of the years it asks for.
* Units: metric tons. Commitments are accumulated exports plus outstanding sales.
* Destinations land under FAS's name, `CHINA` under code 5700 (Hong Kong and Taiwan are others). `TOTAL` is
  computed here, as the sum over all destinations; FAS has no such row. It is left out for a week whose list
  is not complete: a destination with open or shipped business a week before has no row.
* Public: Thursday 08:30 ET after the week (Friday in weeks with a holiday). Rarely revised.
* Missing: null, blank and "-" are not 0; a total of which a part is missing is missing too.
* An answer without rows is a marketing year not open yet, or before FAS's first; a closed year without rows
  behind one with rows is an error.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from ingest.client import Client
from ingest.errors import UnexpectedAnswerError
from ingest.keys import Key
from ingest.printed import day, field, number
from ingest.source import Batch, Request, Source

TABLE = "usda/export_sales"

CHINA = 5700
MISSING = ("", "-", "--")

COLUMNS = ("net_sales_mt", "weekly_exports_mt", "total_commitments_mt", "accumulated_exports_mt")


@dataclass(frozen=True)
class _Commodity:
    """FAS's code, our name, and the month in which the marketing year begins."""

    code: int
    name: str
    first_month: int

    def market_year(self, week: dt.date) -> int:
        """Calendar year in which the marketing year of `week` ends."""
        return week.year + (week.month >= self.first_month)


COMMODITIES = (
    _Commodity(801, "SOYBEANS", 9),
    _Commodity(901, "SOYBEAN MEAL", 10),
    _Commodity(902, "SOYBEAN OIL", 10),
)

Week = dict[str, tuple[float | None, ...]]
"""Destination -> values in the order of `COLUMNS`."""


def fetch(request: Request) -> Iterator[Batch]:
    """One batch a commodity and marketing year, oldest first."""
    with request.client(headers={"X-Api-Key": request.key or ""}) as client:
        open_years = _open_years(client)
        destinations = _names(client, "countries", "countryCode", "countryName")
        units = _names(client, "unitsOfMeasure", "unitId", "unitNames")
        steps = [
            (commodity, year)
            for commodity in COMMODITIES
            for year in _years(request, commodity, open_years[commodity.code])
        ]
        has_rows = {one.name: _has_landed(request, one) for one in COMMODITIES}
        for commodity, year in request.steps(steps, name=lambda step: f"{step[0].name} {step[1]}"):
            weeks = _weeks(client, commodity, year, destinations, units)
            if not weeks and has_rows[commodity.name] and year < open_years[commodity.code]:
                raise UnexpectedAnswerError(
                    f"{commodity.name}: the closed marketing year {marketing_year(year)} has no rows, "
                    "earlier ones have"
                )
            has_rows[commodity.name] = has_rows[commodity.name] or bool(weeks)
            rows = _rows(request, commodity, year, weeks)
            if rows:
                yield TABLE, pd.DataFrame(rows)


SOURCE = Source(
    name="usda_export_sales",
    tables=(TABLE,),
    base="https://api.fas.usda.gov/api/esr",
    first_date=dt.date(2008, 9, 1),  # the pace of 2014 compares with five marketing years before
    look_back_days=35,
    fetch=fetch,
    key=Key(
        variable="USDA_FAS_API_KEY",
        where="https://api.data.gov/signup/ (free)",
        without="no export sales; crush (its own key) and WASDE (no key) still come.",
    ),
    pause=0.5,
)


def marketing_year(ends: int) -> str:
    """`2023/24` for the marketing year that ends in 2024."""
    return f"{ends - 1}/{ends % 100:02d}"


def _has_landed(request: Request, commodity: _Commodity) -> bool:
    return request.landed.newest_date(TABLE, commodity=commodity.name) is not None


def _years(request: Request, commodity: _Commodity, open_year: int) -> range:
    """Marketing years of the weeks asked for; the week of the start may count for the year before too."""
    start = request.start(TABLE, commodity=commodity.name)
    first = commodity.market_year(start - dt.timedelta(days=7))
    return range(first, min(open_year, commodity.market_year(request.until)) + 1)


def _open_years(client: Client) -> dict[int, int]:
    """Commodity code -> the marketing year FAS reports now, by the year in which it ends."""
    path = "datareleasedates"
    found: dict[int, int] = {}
    for row in _list(client, path):
        code, year = field(row, "commodityCode", path), field(row, "marketYear", path)
        if not isinstance(year, int):
            raise UnexpectedAnswerError(f"{path}: marketYear: expected a whole number, found {year!r}")
        found[code] = max(year, found.get(code, year))
    absent = [f"{one.code} ({one.name})" for one in COMMODITIES if one.code not in found]
    if absent:
        raise UnexpectedAnswerError(f"{path}: no commodityCode {absent[0]}")
    return found


def _names(client: Client, path: str, code: str, name: str) -> dict[int, str]:
    """Code -> name in capitals, of one of FAS's lists."""
    return {
        field(row, code, path): str(field(row, name, path)).strip().upper() for row in _list(client, path)
    }


def _list(client: Client, path: str) -> list:
    answer = client.json(path)
    if not isinstance(answer, list):
        raise UnexpectedAnswerError(f"{path}: expected a list, found {str(answer)[:80]!r}")
    return answer


def _weeks(
    client: Client,
    commodity: _Commodity,
    year: int,
    destinations: Mapping[int, str],
    units: Mapping[int, str],
) -> dict[dt.date, Week]:
    """The marketing year's weeks in order, each with its destinations; a row told twice counts once."""
    path = f"exports/commodityCode/{commodity.code}/allCountries/marketYear/{year}"
    weeks: dict[dt.date, Week] = {}
    for row in _list(client, path):
        week = day(field(row, "weekEndingDate", path), "%Y-%m-%dT%H:%M:%S", f"{path}: weekEndingDate")
        where = f"{path}: week {week}"
        code = field(row, "countryCode", where)
        if code not in destinations:
            raise UnexpectedAnswerError(f"{where}: countryCode {code!r} is not in FAS's list of countries")
        unit = field(row, "unitId", where)
        if units.get(unit) != "METRIC TONS":
            raise UnexpectedAnswerError(
                f"{where}: unitId: expected metric tons, found {unit!r} ({units.get(unit)})"
            )
        name = "CHINA" if code == CHINA else destinations[code]
        values = _values(row, f"{where}, {name}")
        before = weeks.setdefault(week, {}).setdefault(name, values)
        if before != values:
            raise UnexpectedAnswerError(f"{where}: {name} stands twice with different values")
    return dict(sorted(weeks.items()))


def _values(row: Mapping, where: str) -> tuple[float | None, ...]:
    """Values of a destination in the order of `COLUMNS`, in metric tons."""
    names = ("currentMYNetSales", "weeklyExports", "outstandingSales", "accumulatedExports")
    net, exports, outstanding, accumulated = (
        number(field(row, name, where), MISSING, f"{where}: {name}") for name in names
    )
    return net, exports, _sum([outstanding, accumulated]), accumulated


def _sum(parts: list[float | None]) -> float | None:
    """The sum; None when a part is missing."""
    return None if None in parts else sum(parts)


def _rows(
    request: Request, commodity: _Commodity, year: int, weeks: Mapping[dt.date, Week]
) -> list[dict[str, object]]:
    """Rows of the weeks asked for: every destination, and TOTAL where the list is complete."""
    rows, week_before = [], {}
    for week, by_destination in weeks.items():
        told = dict(by_destination)
        if _is_complete(by_destination, week_before):
            told["TOTAL"] = tuple(map(_sum, (list(column) for column in zip(*told.values(), strict=True))))
        week_before = by_destination
        if week > request.until or (request.since is not None and week < request.since):
            continue
        key = {"week_ending": week, "commodity": commodity.name, "marketing_year": marketing_year(year)}
        rows += [
            {**key, "country": country, **dict(zip(COLUMNS, values, strict=True))}
            for country, values in told.items()
        ]
    return rows


def _is_complete(week: Week, week_before: Week) -> bool:
    """Whether every destination with business a week before has a row."""
    return all(country in week or not commitments for country, (_, _, commitments, _) in week_before.items())
