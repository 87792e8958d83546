"""EIA's open data API v2: the routes `petroleum/pri/spt`, `natural-gas/pri/fut` and
`petroleum/pnp/feedbiofuel`.

Written from www.eia.gov/opendata/documentation.php: facets, `start`, `end`, `sort`, `offset`, `length`
(5,000 at most), numbers as text, the total as text, errors as `{"error": ...}`. Values come from landing
files, each key's newest edition; NULL is a withheld value.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
from server import Answer, Asked, landing_files

TABLES = ("eia/series", "eia/feedstocks")
KEY = "eia-key-of-a-test"
UNITS = {"USD/bbl": "$/BBL", "USD/MMBtu": "$/MMBTU", "million lb": "MMLB"}
ROUTES = {
    "petroleum/pri/spt/data": ("PET.", "daily"),
    "natural-gas/pri/fut/data": ("NG.", "daily"),
    "petroleum/pnp/feedbiofuel/data": ("M_", "monthly"),
}


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    """The API over the EIA rows of `landing`."""
    routes = {route: _records(landing, *told) for route, told in ROUTES.items()}

    def answer(asked: Asked) -> Answer:
        parameters = asked.parameters
        if parameters.get("api_key") != KEY:
            refused = {"code": "API_KEY_INVALID", "message": "An invalid api_key was supplied."}
            return Answer(json.dumps({"error": refused}).encode(), 403)
        if asked.path not in routes:
            return Answer(json.dumps({"error": "No data found at this route.", "code": 404}).encode(), 404)
        frequency = ROUTES[asked.path][1]
        if parameters.get("frequency") != frequency or parameters.get("data[0]") != "value":
            return Answer(json.dumps({"error": "Invalid frequency or data.", "code": 400}).encode(), 400)
        facets = {
            name.removeprefix("facets[").removesuffix("][]"): value
            for name, value in parameters.items()
            if name.startswith("facets[")
        }
        told = [
            record
            for record in routes[asked.path]
            if parameters.get("start", "") <= record["period"] <= parameters.get("end", "9999")
            and all(record[name] == value for name, value in facets.items())
        ]
        offset, length = int(parameters.get("offset", 0)), min(int(parameters.get("length", 5_000)), 5_000)
        response = {
            "warnings": [
                {"warning": "incomplete return", "description": "The API can only return 5000 rows."}
            ],
            "total": str(len(told)),
            "dateFormat": "YYYY-MM-DD" if frequency == "daily" else "YYYY-MM",
            "frequency": frequency,
            "data": told[offset : offset + length],
        }
        return Answer(json.dumps({"response": response, "apiVersion": "2.1.8"}).encode())

    return answer


def _records(landing: Path, prefix: str, frequency: str) -> list[dict]:
    table = TABLES[1] if frequency == "monthly" else TABLES[0]
    if not list((landing / table).glob("*.parquet")):
        return []
    rows = duckdb.sql(
        f"""
        select series_id, period, value, unit from {landing_files(landing, table)}
        where starts_with(series_id, '{prefix}')
        qualify row_number() over (partition by series_id, period order by ingested_at desc) = 1
        order by period, series_id
        """
    ).fetchall()
    return [
        {
            "period": f"{period:%Y-%m}" if frequency == "monthly" else str(period),
            "duoarea": "NUS",
            "series": series_id if frequency == "monthly" else series_id.split(".")[1],
            "series-description": "as EIA describes it",
            "value": None if value is None else repr(value),
            "units": UNITS[unit],
        }
        for series_id, period, value, unit in rows
    ]
