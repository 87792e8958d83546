"""An imitation of the machine-readable WASDE reports below
`https://www.usda.gov/sites/default/files/documents`.

Written from the description of the files (sixteen quoted columns; archives to 2015 and to 2020, then a file
a month, 404 where there is none). Beside the soybean balances stand rows the files have too: another
commodity, the soybeans of an earlier marketing year, farm prices, regions nobody here asks for, and a
reliability table.
"""

import csv
import io
import itertools
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pandas as pd
from server import Answer, Asked
from usda_runs import newest_rows

TABLES = ("usda/wasde",)

COLUMNS = (
    "WasdeNumber", "ReportDate", "ReportTitle", "Attribute", "ReliabilityProjection", "Commodity", "Region",
    "MarketYear", "ProjEstFlag", "AnnualQuarterFlag", "Value", "Unit", "ReleaseDate", "ReleaseTime",
    "ForecastYear", "ForecastMonth",
)  # fmt: skip

US_TITLE = "U.S. Soybeans and Products Supply and Use (Domestic Measure)"
WORLD_TITLE = "World Soybean Supply and Use"
UNITS = {
    "million acres": "Million Acres",
    "bu/acre": "Bushels",
    "million bu": "Million Bushels",
    "million t": "Million Metric Tons",
}
PRINTED = {
    "Area Planted": "Area Planted",
    "Area Harvested": "Area Harvested",
    "Yield": "Yield per Harvested Acre",
    "Beginning Stocks": "Beginning Stocks",
    "Production": "Production",
    "Imports": "Imports",
    "Total Supply": "Supply, Total",
    "Crushings": "Crushings",
    "Exports": "Exports",
    "Seed": "Seed",
    "Residual": "Residual",
    "Total Use": "Use, Total",
    "Ending Stocks": "Ending Stocks",
}
WORLD_PRINTED = {
    "BeginningStocks": "Beginning Stocks",
    "Production": "Production",
    "Imports": "Imports",
    "DomesticCrush": "Domestic Crush",
    "DomesticTotal": "Domestic Total",
    "Exports": "Exports",
    "EndingStocks": "Ending Stocks",
}
REGIONS = ("World", "United States", "Argentina", "Brazil", "China", "Japan", "Mexico", "European Union")
ARCHIVES = {
    "oce-wasde-report-data-2010-04-to-2015-12": (2010, 2015),
    "oce-wasde-report-data-2016-01-to-2020-12": (2016, 2020),
}
FOOTNOTES = {"World": "World  2/", "Production": "Production 2/"}


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    frame = newest_rows(landing, "usda/wasde")
    releases = {
        date.date(): _release(480 + number, date, rows)
        for number, (date, rows) in enumerate(frame.groupby("release_date"), start=1)
    }

    def answer(asked: Asked) -> Answer:
        for archive, (first, last) in ARCHIVES.items():
            if asked.path == f"{archive}.zip":
                within = [rows for date, rows in releases.items() if first <= date.year <= last]
                packed = _zip(f"{archive}.csv", _csv(itertools.chain.from_iterable(within)))
                return Answer(packed, content_type="application/zip")
        for date, rows in releases.items():
            if date.year >= 2021 and asked.path == f"oce-wasde-report-data-{date:%Y-%m}.csv":
                return Answer(_csv(rows), content_type="text/csv")
        return Answer(b"<!DOCTYPE html><html>Page not found</html>", 404, "text/html")

    return answer


def _release(number: int, date: pd.Timestamp, rows: pd.DataFrame) -> list[dict]:
    """Lines of one report."""
    ours = [_line(number, date, row) for row in rows.itertuples()]
    one = ours[0]
    first = int(one["MarketYear"][:4])
    year_before = f"{first - 1}/{first % 100:02}"
    beside = [
        {**one, "Commodity": "Corn", "ReportTitle": "World Corn Supply and Use", "Value": "1,200.50"},
        {**one, "ReportTitle": "Reliability of United States Projections", "MarketYear": "", "Value": "9"},
        {**one, "ReportTitle": US_TITLE, "Region": "United States", "Attribute": "Avg. Farm Price ($/bu) 2/"},
        {**one, "ReportTitle": WORLD_TITLE, "Region": "Paraguay", "Attribute": "Exports", "Value": ".44"},
        {**one, "MarketYear": year_before, "ProjEstFlag": "Est."},
    ]
    return ours + beside


def _line(number: int, date: pd.Timestamp, row: tuple) -> dict:
    region = next((name for name in REGIONS if row.attribute.startswith(f"{name} ")), None)
    attribute = row.attribute.removeprefix(f"{region} ")
    printed = WORLD_PRINTED[attribute] if region else PRINTED[attribute]
    return {
        "WasdeNumber": str(number),
        "ReportDate": f"{date:%B %Y}",
        "ReportTitle": WORLD_TITLE if region else US_TITLE,
        "Attribute": FOOTNOTES.get(printed, printed),
        "ReliabilityProjection": "",
        "Commodity": "Oilseed, Soybean",
        "Region": FOOTNOTES.get(region, region) if region else "United States",
        "MarketYear": row.marketing_year,
        "ProjEstFlag": "Proj.",
        "AnnualQuarterFlag": "Annual",
        "Value": f"{row.value:,.10g}".rstrip(".") if row.value >= 1000 else repr(row.value),
        "Unit": UNITS[row.unit],
        "ReleaseDate": f"{date:%Y-%m-%d}",
        "ReleaseTime": "12:00:00.0000000",
        "ForecastYear": f"{date:%Y}",
        "ForecastMonth": str(date.month),
    }


def _csv(rows: Iterable[dict]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS, quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


def _zip(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return packed.getvalue()
