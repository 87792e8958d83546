"""EPA: weekly prices of renewable fuel credits, RINs (table `epa/rin_prices`).

* What: volume-weighted mean price of separated RINs by week of transfer, transfer year, RIN year, D code
  and quality assurance (QAP).
* From where: the table "RIN Price Data" of the page "RIN Trades and Price Information", no key. The page has
  no file to download: it shows a public Qlik dashboard, whose export is a CSV of the whole history (confirm:
  the two ids below; they change when EPA rebuilds the page).
* Unit: USD per RIN, printed as `$1.23`.
* Public: weeks later; the page is renewed about monthly. Earlier weeks are restated, so that every run
  compares the whole history; what changed lands as a revision.
* Missing: "-" and blank (no trade passed EPA's price filters); such a week has no row.
* Left out by rule: D7, and the QAP types A-RIN and B-RIN, which ended with 2014 (confirm: their spelling).
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator

import pandas as pd

from ingest.errors import UnexpectedAnswerError
from ingest.printed import csv_rows, day, number
from ingest.qlik import exported_csv
from ingest.source import Batch, Request, Source

TABLE = "epa/rin_prices"

DASHBOARD = "73b2b6a5-70c6-4820-b3fa-186ac094f10d"
PRICES = "302609e3-8b43-4ff5-ad9b-ebd53778889b"

WEEK, TRANSFER_YEAR, RIN_YEAR = "Transfer Date by Week", "Transfer Year", "RIN Year"
D_CODE, QAP, PRICE = "Fuel (D Code)", "QAP Service Type", "RIN Price"
COLUMNS = (WEEK, TRANSFER_YEAR, RIN_YEAR, D_CODE, QAP, PRICE)

MISSING = ("", "-")

D_CODES, OTHER_D_CODES = ("D3", "D4", "D5", "D6"), ("D7",)
QAP_TYPES, OTHER_QAP_TYPES = ("Unverified", "Q-RIN"), ("A-RIN", "B-RIN")


def fetch(request: Request) -> Iterator[Batch]:
    """One batch a calendar year, oldest first."""
    start = request.start(TABLE)
    with request.client() as client:
        text, shown = exported_csv(client, DASHBOARD, PRICES)
    lines = list(csv_rows(text.splitlines(keepends=True), COLUMNS, "RIN prices"))
    if len(lines) < shown:
        raise UnexpectedAnswerError(f"RIN prices: the page shows {shown} rows, the export has {len(lines)}")
    rows = (row for line in lines if (row := _row(line)) is not None)
    wanted = sorted(
        (row for row in rows if start <= row["week_start"] <= request.until),
        key=lambda row: row["week_start"],
    )
    for _, of_year in itertools.groupby(wanted, key=lambda row: row["week_start"].year):
        frame = pd.DataFrame(of_year)
        yield TABLE, frame.astype({"transfer_year": "int32", "rin_year": "int32"})


SOURCE = Source(
    name="epa",
    tables=(TABLE,),
    base="https://edap.epa.gov/public",
    first_date=dt.date(2010, 6, 28),
    look_back_days=36_500,  # the export is the whole history anyway, and EPA restates all of it
    fetch=fetch,
)


def _row(line: dict[str, str]) -> dict[str, object] | None:
    """A row of `epa/rin_prices`; None for what is left out by rule and for a week without a price."""
    week = day(line[WEEK], "%m/%d/%Y", f"RIN prices: {WEEK}")
    where = f"RIN prices: week {week}"
    d_code = _one_of(line, D_CODE, D_CODES, OTHER_D_CODES, where)
    qap = _one_of(line, QAP, QAP_TYPES, OTHER_QAP_TYPES, where)
    price = number(line[PRICE].strip().removeprefix("$"), MISSING, f"{where}: {PRICE}")
    if d_code is None or qap is None or price is None:
        return None
    return {
        "week_start": week,
        "transfer_year": day(line[TRANSFER_YEAR], "%Y", f"{where}: {TRANSFER_YEAR}").year,
        "rin_year": day(line[RIN_YEAR], "%Y", f"{where}: {RIN_YEAR}").year,
        "d_code": d_code,
        "qap_type": qap,
        "price_usd_per_rin": price,
    }


def _one_of(
    line: dict[str, str], name: str, ours: tuple[str, ...], others: tuple[str, ...], where: str
) -> str | None:
    """The value, if it is one of `ours`; None if it is one of `others`."""
    value = line[name].strip()
    if value not in (*ours, *others):
        raise UnexpectedAnswerError(
            f"{where}: {name}: expected one of {', '.join(ours + others)}, found {value!r}"
        )
    return value if value in ours else None
