"""CFTC Commitments of Traders, public reporting (Socrata): who holds how many futures, by contract.

From `/resource/<report>.json`, no key, futures only, for the contracts of `seeds/cot_contracts.csv`:

* the legacy report `6dca-aqww` for `cftc/cot_legacy`, every contract;
* for `cftc/cot_disaggregated` each contract from the report the seed names: disaggregated `72hh-3qpy`, or
  Traders in Financial Futures `gpe5-46if` for rates, currencies and indices. `managed_money_*` are the
  managed money of the first and the leveraged funds of the second: funds that trade for clients. Reportable
  positions include spreads.

Contracts (positions) of Tuesday, sometimes Monday, public that Friday at 15:30 ET; rarely restated. Codes
keep their leading zeros. "." and an absent field are NULL: Socrata leaves empty fields out, so a field that
no row has is taken for renamed. Field names are the publisher's, misspelling included
(`noncomm_postions_spread_all`). `$limit` is 1,000 unless given, 50,000 at most; a page shorter than asked
for is the last. Without a token, calls share a limit with everybody's (confirm).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from itertools import islice, pairwise
from typing import Any

from ingest.answers import Row, count, day, gathered, part
from ingest.client import Client
from ingest.errors import UnexpectedAnswerError
from ingest.seeds import seed_rows
from ingest.source import Batch, Request, Source

LEGACY, DISAGGREGATED = "cftc/cot_legacy", "cftc/cot_disaggregated"
ROWS_A_PAGE = 5_000
ROWS_A_BATCH = 50_000
MISSING = (".", None)
DATE, CODE, MARKET = "report_date_as_yyyy_mm_dd", "cftc_contract_market_code", "market_and_exchange_names"
KIND, FUTURES_ONLY = "futonly_or_combined", "FutOnly"
MIDNIGHT = "%Y-%m-%dT00:00:00.000"

# Report -> its data set and, for each landed count, the publisher's field.
LEGACY_REPORT = (
    "6dca-aqww",
    {
        "open_interest": "open_interest_all",
        "noncommercial_long": "noncomm_positions_long_all",
        "noncommercial_short": "noncomm_positions_short_all",
        "noncommercial_spread": "noncomm_postions_spread_all",
        "commercial_long": "comm_positions_long_all",
        "commercial_short": "comm_positions_short_all",
        "nonreportable_long": "nonrept_positions_long_all",
        "nonreportable_short": "nonrept_positions_short_all",
    },
)
TOTALS = {
    "reportable_long": "tot_rept_positions_long_all",
    "reportable_short": "tot_rept_positions_short",
    "nonreportable_long": "nonrept_positions_long_all",
    "nonreportable_short": "nonrept_positions_short_all",
}
REPORTS = {
    "disaggregated": (
        "72hh-3qpy",
        {
            "open_interest": "open_interest_all",
            "managed_money_long": "m_money_positions_long_all",
            "managed_money_short": "m_money_positions_short_all",
            "managed_money_spread": "m_money_positions_spread",
            **TOTALS,
        },
    ),
    "financial": (
        "gpe5-46if",
        {
            "open_interest": "open_interest_all",
            "managed_money_long": "lev_money_positions_long",
            "managed_money_short": "lev_money_positions_short",
            "managed_money_spread": "lev_money_positions_spread",
            **TOTALS,
        },
    ),
}


def fetch(request: Request) -> Iterator[Batch]:
    """The legacy report of every contract, then for every contract the report that tells its funds."""
    contracts = seed_rows("cot_contracts")
    columns = ("report_date", "cftc_contract_code", "market_name")
    with request.client() as client:
        legacy, funds = _Report(request, client, LEGACY), _Report(request, client, DISAGGREGATED)
        steps = request.steps(
            [*((legacy, row) for row in contracts), *((funds, row) for row in contracts)],
            name=lambda step: f"{step[0].table.split('/')[1]} {step[1]['symbol']}",
        )
        of_groups = (
            legacy.rows(row["cftc_contract_code"], *LEGACY_REPORT) for _, row in islice(steps, len(contracts))
        )
        for frame in gathered(of_groups, (*columns, *LEGACY_REPORT[1]), ROWS_A_BATCH):
            yield LEGACY, frame
        of_funds = (
            [
                (*told, row["report"])
                for told in funds.rows(row["cftc_contract_code"], *REPORTS[row["report"]])
            ]
            for _, row in steps
        )
        for frame in gathered(of_funds, (*columns, *REPORTS["financial"][1], "report"), ROWS_A_BATCH):
            yield DISAGGREGATED, frame


class _Report:
    """Requests for one landing table, within one run."""

    def __init__(self, request: Request, client: Client, table: str) -> None:
        self.request = request
        self.client = client
        self.table = table

    def rows(self, code: str, data_set: str, fields: Mapping[str, str]) -> list[Row]:
        """Report date, code, market name and counts of a contract, oldest first."""
        where = f"CFTC {data_set}, contract {code}"
        start, end = self.request.start(self.table, cftc_contract_code=code), self.request.until
        parameters = {
            "$select": ",".join([DATE, CODE, MARKET, KIND, *fields.values()]),
            "$where": f"{CODE}='{code}' and {DATE} between '{start:{MIDNIGHT}}' and '{end:{MIDNIGHT}}'",
            "$order": DATE,
            "$limit": ROWS_A_PAGE,
        }
        rows: list[Row] = []
        while True:
            page = self.client.json(f"resource/{data_set}.json", {**parameters, "$offset": len(rows)})
            if not isinstance(page, list):
                raise UnexpectedAnswerError(f"{where}: expected a list of rows, found {str(page)[:100]}")
            for field in fields.values():
                if page and not any(field in record for record in page):
                    raise UnexpectedAnswerError(f"{where}: no row has a field {field}")
            rows += [_row(record, code, fields, where) for record in page]
            for before, after in pairwise(rows):
                if before[0] >= after[0]:
                    raise UnexpectedAnswerError(
                        f"{where}: expected each report once and in order, found {after[0]} after {before[0]}"
                    )
            if len(page) < ROWS_A_PAGE:
                return rows


def _row(record: Any, code: str, fields: Mapping[str, str], where: str) -> Row:
    date = day(record, DATE, where, MIDNIGHT)
    told = {CODE: code, KIND: FUTURES_ONLY}
    for field, expected in told.items():
        if part(record, field, str, where) != expected:
            raise UnexpectedAnswerError(
                f"{where}, {date}: expected {field} {expected}, found {record[field]!r}"
            )
    counts = [
        count({field: record.get(field)}, field, f"{where}, {date}", MISSING) for field in fields.values()
    ]
    return (date, code, part(record, MARKET, str, where), *counts)


SOURCE = Source(
    name="cftc",
    tables=(LEGACY, DISAGGREGATED),
    base="https://publicreporting.cftc.gov",
    first_date=dt.date(2006, 6, 13),  # the first disaggregated report
    look_back_days=35,
    fetch=fetch,
    pause=0.2,
)
