"""USDA WASDE: the soybean balances of every report as printed on its day (table `usda/wasde`).

* What: "U.S. Soybeans and Products Supply and Use" (attributes without a prefix) and "World Soybean Supply
  and Use" (`<Region> <Attribute>`, eight regions) of the projected marketing year: the newest one of the
  report, of which all rows are flagged `Proj.`.
* From where: the machine-readable reports of the Office of the Chief Economist, no key. Two archives,
  `oce-wasde-report-data-2010-04-to-2015-12.zip` and `...-2016-01-to-2020-12.zip`, then one file a month,
  `oce-wasde-report-data-YYYY-MM.csv`; a corrected file is posted as `-V2`, `-V3` and is taken instead
  (confirm: the corrected file's ReleaseDate). The site refuses some programs (confirm); `--since
  2021-01-01` needs no archive.
* Units: million acres, bu/acre, million bu (US table); million t (world table).
* Public: at noon ET of the release. A month without a report (October 2013, January 2019, October 2025) has
  no file; that no report is missing is seen by the numbers, which rise by one.
* Missing: "NA", "-" and blanks are not printed; such a value has no row.
* Left out by rule: other commodities, other regions (regions are added and dropped by USDA; Japan was
  printed until April 2019), farm prices, earlier marketing years, and the reliability tables.
"""

from __future__ import annotations

import datetime as dt
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pandas as pd

from ingest.client import Client
from ingest.errors import NotFoundError, UnexpectedAnswerError
from ingest.printed import csv_rows, day, number
from ingest.source import Batch, Request, Source

TABLE = "usda/wasde"

COMMODITY = "Oilseed, Soybean"
US_TITLE = "U.S. Soybeans and Products Supply and Use"
WORLD_TITLE = "World Soybean Supply and Use"

COLUMNS = (
    "WasdeNumber", "ReportTitle", "Attribute", "Commodity", "Region", "MarketYear", "ProjEstFlag",
    "AnnualQuarterFlag", "Value", "Unit", "ReleaseDate",
)  # fmt: skip

MISSING = ("", "-", "--", "NA", "N/A", "*")

UNITS = {
    "million acres": "million acres",
    "bushels": "bu/acre",  # the only line of the US table in plain bushels is the yield
    "million bushels": "million bu",
    "million metric tons": "million t",
}

US_ATTRIBUTES = {
    "area planted": "Area Planted",
    "area harvested": "Area Harvested",
    "yield per harvested acre": "Yield",
    "beginning stocks": "Beginning Stocks",
    "production": "Production",
    "imports": "Imports",
    "supply, total": "Total Supply",
    "crushings": "Crushings",
    "exports": "Exports",
    "seed": "Seed",
    "residual": "Residual",
    "use, total": "Total Use",
    "ending stocks": "Ending Stocks",
}

WORLD_ATTRIBUTES = {
    "beginning stocks": "BeginningStocks",
    "production": "Production",
    "imports": "Imports",
    "domestic crush": "DomesticCrush",
    "domestic total": "DomesticTotal",
    "exports": "Exports",
    "ending stocks": "EndingStocks",
}

REGIONS = ("World", "United States", "Argentina", "Brazil", "China", "Mexico", "European Union", "Japan")
ALWAYS_PRINTED = REGIONS[:-1]


@dataclass(frozen=True)
class _File:
    """A file of reports: name without edition and ending, ending, and the dates it may hold."""

    name: str
    ending: str
    first: dt.date
    last: dt.date


ARCHIVES = (
    _File("oce-wasde-report-data-2010-04-to-2015-12", "zip", dt.date(2010, 4, 1), dt.date(2015, 12, 31)),
    _File("oce-wasde-report-data-2016-01-to-2020-12", "zip", dt.date(2016, 1, 1), dt.date(2020, 12, 31)),
)


@dataclass(frozen=True)
class _Release:
    """One report: its number, its day, and its soybean rows."""

    number: int
    date: dt.date
    rows: list[dict[str, str]]


def fetch(request: Request) -> Iterator[Batch]:
    """One batch a calendar year of reports, oldest first."""
    start = request.start(TABLE)
    with request.client() as client:
        releases = _without_gaps(_releases(request, client, start))
        wanted = (one for one in releases if start <= one.date <= request.until)
        for _, of_year in itertools.groupby(wanted, key=lambda release: release.date.year):
            rows = [row for release in of_year for row in _balance(release)]
            yield TABLE, pd.DataFrame(rows)


SOURCE = Source(
    name="usda_wasde",
    tables=(TABLE,),
    base="https://www.usda.gov/sites/default/files/documents",
    first_date=dt.date(2010, 4, 9),
    look_back_days=62,  # corrected files come within weeks
    fetch=fetch,
    pause=1.0,
)


def _files(start: dt.date, until: dt.date) -> list[_File]:
    """Archives and months that may hold a report between `start` and `until`."""
    months = pd.period_range(max(start, dt.date(2021, 1, 1)), until, freq="M")
    monthly = (
        _File(f"oce-wasde-report-data-{month}", "csv", month.start_time.date(), month.end_time.date())
        for month in months
    )
    return [file for file in (*ARCHIVES, *monthly) if file.last >= start and file.first <= until]


def _releases(request: Request, client: Client, start: dt.date) -> Iterator[_Release]:
    for file in request.steps(_files(start, request.until), name=lambda file: file.name[-18:]):
        lines = _newest_edition(client, file)
        if lines is not None:
            yield from _reports(lines, file.name)


def _newest_edition(client: Client, file: _File) -> Iterable[str] | None:
    """Lines of the file or of its newest correction; None when that month has no report."""
    found = None
    for edition in itertools.count(1):
        path = f"{file.name}{'' if edition == 1 else f'-V{edition}'}.{file.ending}"
        try:
            if file.ending == "zip":
                return _unpacked(client.content(path), path)
            found = client.text(path).splitlines(keepends=True)
        except NotFoundError:
            # The first edition may have been taken down when the second was posted.
            if edition > 1 or file.ending == "zip":
                return found
    raise AssertionError("the loop ends at the first edition that is not there")


def _unpacked(content: bytes, name: str) -> Iterator[str]:
    """Lines of the one CSV in an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [member for member in archive.namelist() if member.lower().endswith(".csv")]
            if len(members) != 1:
                raise UnexpectedAnswerError(f"{name}: expected one CSV in the archive, found {len(members)}")
            with archive.open(members[0]) as file:
                yield from io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    except zipfile.BadZipFile as error:
        raise UnexpectedAnswerError(f"{name}: no whole zip archive: {error}") from None


def _reports(lines: Iterable[str], name: str) -> list[_Release]:
    """The reports of a file by number, each with its soybean rows."""
    dates: dict[int, str] = {}
    rows: dict[int, list[dict[str, str]]] = {}
    for row in csv_rows(lines, COLUMNS, name):
        printed = row["WasdeNumber"].strip()
        if not printed.isdigit():
            raise UnexpectedAnswerError(f"{name}: WasdeNumber: expected a number, found {printed!r}")
        report, date = int(printed), row["ReleaseDate"]
        if dates.setdefault(report, date) != date:
            raise UnexpectedAnswerError(f"{name}: report {report} has two dates: {dates[report]!r}, {date!r}")
        if row["Commodity"].strip() == COMMODITY and row["ReportTitle"].startswith((US_TITLE, WORLD_TITLE)):
            rows.setdefault(report, []).append(row)
    without = [report for report in dates if report not in rows]
    if without:
        raise UnexpectedAnswerError(
            f"{name}: report {without[0]} has no row of '{COMMODITY}' in '{US_TITLE}' or '{WORLD_TITLE}'"
        )
    return [
        _Release(report, day(dates[report], "%Y-%m-%d", f"{name}: ReleaseDate"), rows[report])
        for report in sorted(dates)
    ]


def _without_gaps(releases: Iterable[_Release]) -> Iterator[_Release]:
    """`releases`, whose numbers must rise by one."""
    before = None
    for release in releases:
        if before is not None and release.number != before.number + 1:
            raise UnexpectedAnswerError(
                f"WASDE {release.number} of {release.date} follows WASDE {before.number} of {before.date}: "
                f"report {before.number + 1} is missing; nothing behind it has landed."
            )
        before = release
        yield release


def _balance(release: _Release) -> list[dict[str, object]]:
    """Rows of `usda/wasde`: both tables of the projected marketing year."""
    where = f"WASDE {release.number}"
    years = {row["MarketYear"].strip() for row in release.rows}
    odd = [year for year in years if not re.fullmatch(r"\d{4}/\d{2}", year)]
    if odd:
        raise UnexpectedAnswerError(f"{where}: MarketYear: expected a year like 2023/24, found {odd[0]!r}")
    projected = max(years)
    balance, printed = [], set()
    for row in release.rows:
        if row["MarketYear"].strip() != projected:
            continue
        attribute = _attribute(row, where)
        if attribute is None:
            continue
        if row["ProjEstFlag"].strip() != "Proj.":
            raise UnexpectedAnswerError(
                f"{where}: {attribute} of {projected}: expected the flag Proj., found {row['ProjEstFlag']!r}"
            )
        printed.add(attribute)
        value = number(row["Value"], MISSING, f"{where}: {attribute}")
        if value is not None:
            balance.append(
                {
                    "release_date": release.date,
                    "marketing_year": projected,
                    "attribute": attribute,
                    "value": value,
                    "unit": _unit(row["Unit"], attribute, where),
                }
            )
    world = (f"{region} {name}" for region in ALWAYS_PRINTED for name in WORLD_ATTRIBUTES.values())
    missing = [name for name in (*US_ATTRIBUTES.values(), *world) if name not in printed]
    if missing:
        raise UnexpectedAnswerError(f"{where}: no {missing[0]} of {projected}")
    return balance


def _attribute(row: dict[str, str], where: str) -> str | None:
    """Our name of the row's line; None where the contract has no place for it."""
    line = _without_footnote(row["Attribute"]).lower()
    if line == "filler" or line.startswith("avg. farm price"):
        return None
    is_world = row["ReportTitle"].startswith(WORLD_TITLE)
    region = _without_footnote(row["Region"])
    if is_world and region not in REGIONS:
        return None
    names = WORLD_ATTRIBUTES if is_world else US_ATTRIBUTES
    if line not in names:
        raise UnexpectedAnswerError(
            f"{where}: Attribute: expected one of {', '.join(names)}, found {row['Attribute']!r}"
        )
    return f"{region} {names[line]}" if is_world else names[line]


def _unit(printed: str, attribute: str, where: str) -> str:
    unit = UNITS.get(printed.strip().lower())
    if unit is None:
        raise UnexpectedAnswerError(
            f"{where}: Unit of {attribute}: expected one of {', '.join(UNITS)}, found {printed!r}"
        )
    return unit


def _without_footnote(printed: str) -> str:
    """`World 2/` is `World`; line breaks and double blanks are one blank."""
    return re.sub(r"\s*\d+/$", "", " ".join(printed.split()))
