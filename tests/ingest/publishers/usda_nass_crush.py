"""An imitation of NASS QuickStats, `https://quickstats.nass.usda.gov/api`.

Written from its page "Using the API": `get_counts/` and `api_GET/` with `year__GE`, `year__LE` and other
columns as parameters, values as text with commas, errors as `{"error": [...]}`; a query without rows is a
bad request to `api_GET`. Every item has rows of another domain category besides, as QuickStats has.
"""

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from server import Answer, Asked
from usda_runs import newest_rows

TABLES = ("usda/nass_crush",)

WRONG_KEY = "wr0ng-key"
LIMIT = 50_000

CRUSHER, ALL = "TYPE OF OPERATION: (CRUSHER)", "TYPE OF OPERATION: (CRUSHER OR REFINER OR WAREHOUSE)"
#: Column of landing, data item, unit, domain category, and how many of that unit make one of landing's.
ITEMS = (
    ("soybeans_crushed_tons", "SOYBEANS - CRUSHED, MEASURED IN TONS", "TONS", "NOT SPECIFIED", 1),
    ("oil_produced_1000lb", "OIL, SOYBEAN, CRUDE - PRODUCTION, MEASURED IN LB", "LB", CRUSHER, 1000),
    ("meal_tons", "CAKE & MEAL, SOYBEAN - PRODUCTION, MEASURED IN TONS", "TONS", "NOT SPECIFIED", 1),
    (
        "oil_stock_1000lb",
        "OIL, SOYBEAN, ONSITE & OFFSITE, CRUDE - STOCKS, MEASURED IN LB",
        "LB",
        ALL,
        1000,
    ),
    ("meal_stock_tons", "CAKE & MEAL, SOYBEAN - STOCKS, MEASURED IN TONS", "TONS", "NOT SPECIFIED", 1),
)


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    frame = newest_rows(landing, "usda/nass_crush")
    by_item = {item[1]: _rows(frame, *item) for item in ITEMS}

    def answer(asked: Asked) -> Answer:
        asked_for = asked.parameters
        if asked_for.get("key") in (None, WRONG_KEY):
            return _error(401, "unauthorized")
        rows = [
            row
            for row in by_item.get(asked_for.get("short_desc"), [])
            if int(asked_for["year__GE"]) <= int(row["year"]) <= int(asked_for["year__LE"])
            and all(row[name] == asked_for[name] for name in ("source_desc", "agg_level_desc", "freq_desc"))
        ]
        if asked.path == "get_counts/":
            return Answer(json.dumps({"count": str(len(rows))}).encode())
        if asked.path != "api_GET/":
            return Answer(b"<!DOCTYPE html><html>not here</html>", 404, "text/html")
        if not rows:
            return _error(400, "bad request - invalid query")
        if len(rows) > LIMIT:
            return _error(413, f"exceeds limit={LIMIT}")
        return Answer(json.dumps({"data": rows}).encode())

    return answer


def _rows(
    frame: pd.DataFrame, column: str, short_desc: str, unit: str, wanted: str, factor: int
) -> list[dict]:
    rows = []
    for month, value in zip(frame["month"], frame[column], strict=True):
        for domain, share in ((wanted, 1.0), ("TYPE OF OPERATION: (REFINER)", 0.3)):
            printed = "          (D)" if pd.isna(value) else f"{round(value * factor * share):,}"
            rows.append(
                {
                    "source_desc": "SURVEY",
                    "agg_level_desc": "NATIONAL",
                    "freq_desc": "MONTHLY",
                    "short_desc": short_desc,
                    "unit_desc": unit,
                    "domain_desc": "TOTAL" if domain == "NOT SPECIFIED" else "TYPE OF OPERATION",
                    "domaincat_desc": domain,
                    "year": f"{month:%Y}",
                    "reference_period_desc": f"{month:%b}".upper(),
                    "Value": printed,
                    "CV (%)": "",
                }
            )
    # QuickStats answers newest first.
    return rows[::-1]


def _error(status: int, what: str) -> Answer:
    return Answer(json.dumps({"error": [what]}).encode(), status)
