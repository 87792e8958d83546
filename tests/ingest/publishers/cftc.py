"""CFTC's public reporting environment, a Socrata service: `/resource/<report>.json`.

Written from dev.socrata.com (`$select`, `$where`, `$order`, `$limit`, `$offset`, empty fields left out,
errors as JSON) and the column lists of the data sets 6dca-aqww (legacy), 72hh-3qpy (disaggregated) and
gpe5-46if (financial), all futures only. Values come from landing files, each key's newest edition. Of SoQL
it knows one contract and a range of dates.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
from server import Answer, Asked, landing_files

TABLES = ("cftc/cot_legacy", "cftc/cot_disaggregated")
NAMES = {
    "report_date_as_yyyy_mm_dd": "strftime(report_date, '%Y-%m-%dT00:00:00.000')",
    "cftc_contract_market_code": "cftc_contract_code",
    "market_and_exchange_names": "market_name",
    "contract_market_name": "split_part(market_name, ' - ', 1)",
    "futonly_or_combined": "'FutOnly'",
    "open_interest_all": "open_interest",
    "nonrept_positions_long_all": "nonreportable_long",
    "nonrept_positions_short_all": "nonreportable_short",
}
TOTALS = {
    "tot_rept_positions_long_all": "reportable_long",
    "tot_rept_positions_short": "reportable_short",
}
DATA_SETS = {
    "6dca-aqww": (
        TABLES[0],
        "true",
        {
            **NAMES,
            "noncomm_positions_long_all": "noncommercial_long",
            "noncomm_positions_short_all": "noncommercial_short",
            "noncomm_postions_spread_all": "noncommercial_spread",
            "comm_positions_long_all": "commercial_long",
            "comm_positions_short_all": "commercial_short",
        },
    ),
    "72hh-3qpy": (
        TABLES[1],
        "report = 'disaggregated'",
        {
            **NAMES,
            **TOTALS,
            "m_money_positions_long_all": "managed_money_long",
            "m_money_positions_short_all": "managed_money_short",
            "m_money_positions_spread": "managed_money_spread",
        },
    ),
    "gpe5-46if": (
        TABLES[1],
        "report = 'financial'",
        {
            **NAMES,
            **TOTALS,
            "lev_money_positions_long": "managed_money_long",
            "lev_money_positions_short": "managed_money_short",
            "lev_money_positions_spread": "managed_money_spread",
        },
    ),
}
WHERE = re.compile(
    r"cftc_contract_market_code='(\w{6})' and report_date_as_yyyy_mm_dd between '([\w:.-]+)' and '([\w:.-]+)'"
)


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    """The service over the positions in `landing`."""
    reports = {name: _records(landing, *told) for name, told in DATA_SETS.items()}

    def answer(asked: Asked) -> Answer:
        name = asked.path.removeprefix("resource/").removesuffix(".json")
        if name not in reports:
            return _refusal(404, "dataset.missing", "Not found")
        parameters = asked.parameters
        fields = parameters["$select"].split(",")
        for field in fields:
            if field not in DATA_SETS[name][2]:
                return _refusal(400, "query.soql.no-such-column", f"No such column: {field}")
        condition = WHERE.fullmatch(parameters["$where"])
        if condition is None or parameters.get("$order") != "report_date_as_yyyy_mm_dd":
            return _refusal(400, "malformed.compiler", "The imitation does not know this query")
        code, start, end = condition.groups()
        told = [
            {field: record[field] for field in fields if record[field] is not None}
            for record in reports[name].get(code, [])
            if start <= record["report_date_as_yyyy_mm_dd"] <= end
        ]
        offset, limit = int(parameters.get("$offset", 0)), min(int(parameters.get("$limit", 1_000)), 50_000)
        return Answer(json.dumps(told[offset : offset + limit]).encode())

    return answer


def _records(landing: Path, table: str, condition: str, names: dict[str, str]) -> dict[str, list[dict]]:
    if not list((landing / table).glob("*.parquet")):
        return {}
    columns = ", ".join(f"({column})::varchar as {name}" for name, column in names.items())
    rows = duckdb.sql(
        f"""
        select {columns} from {landing_files(landing, table)}
        where {condition}
        qualify row_number() over (partition by report_date, cftc_contract_code order by ingested_at desc) = 1
        order by report_date
        """
    )
    by_code: dict[str, list[dict]] = {}
    for values in rows.fetchall():
        record = dict(zip(names, values, strict=True))
        by_code.setdefault(record["cftc_contract_market_code"], []).append(record)
    return by_code


def _refusal(status: int, code: str, message: str) -> Answer:
    return Answer(json.dumps({"code": code, "error": True, "message": message}).encode(), status)
