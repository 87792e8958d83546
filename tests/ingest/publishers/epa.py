"""An imitation of EPA's page "RIN Trades and Price Information", `https://edap.epa.gov/public`.

Written from the description of the page (the columns of its export, which is quoted CSV with prices like
`$1.23`) and of Qlik's Engine API: `single/` opens a session, `app/{document}` is a WebSocket with JSON-RPC,
`tempcontent/` holds the export for that session. The export has rows the contract has no place for.
"""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from server import Answer, Asked
from usda_runs import newest_rows

TABLES = ("epa/rin_prices",)

DASHBOARD = "73b2b6a5-70c6-4820-b3fa-186ac094f10d"
PRICES = "302609e3-8b43-4ff5-ad9b-ebd53778889b"
COLUMNS = (
    "Transfer Date by Week",
    "Transfer Year",
    "RIN Year",
    "Fuel (D Code)",
    "QAP Service Type",
    "RIN Price",
)

COOKIE = "X-Qlik-Session-public=5f3c"
EXPORT = "tempcontent/8e1b/table.csv"


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    export, rows = _export(newest_rows(landing, "epa/rin_prices"))

    def answer(asked: Asked) -> Answer:
        if asked.path == "single/":
            return Answer(
                b"<!doctype html><html>Qlik</html>", 200, "text/html", {"Set-Cookie": f"{COOKIE}; path=/"}
            )
        if COOKIE not in asked.headers.get("cookie", ""):
            return Answer(b"no session", 403, "text/plain")
        if asked.path == f"app/{DASHBOARD}":
            return Answer(json.dumps(_called(json.loads(asked.body), rows)).encode())
        if asked.path == EXPORT:
            return Answer(export, content_type="text/csv")
        return Answer(b"not here", 404, "text/plain")

    return answer


def _called(call: dict, rows: int) -> dict:
    """The answer to one call of the Engine API."""
    result = {
        "OpenDoc": {"qReturn": {"qType": "Doc", "qHandle": 1 if call["params"][:1] == [DASHBOARD] else None}},
        "GetObject": {
            "qReturn": {"qType": "GenericObject", "qHandle": 2 if call["params"] == [PRICES] else None}
        },
        "GetLayout": {"qLayout": {"qHyperCube": {"qSize": {"qcx": len(COLUMNS), "qcy": rows}}}},
        "ExportData": {"qUrl": f"/{EXPORT}", "qWarnings": []},
    }[call["method"]]
    return {"jsonrpc": "2.0", "id": call["id"], "result": result}


def _export(frame: pd.DataFrame) -> tuple[bytes, int]:
    """The CSV and its number of rows."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    lines = [
        (f"{row.week_start:%m/%d/%Y}", *row[2:6], f"${row.price_usd_per_rin:.2f}")
        for row in frame.itertuples()
    ]
    lines += [
        ("07/01/2013", 2013, 2013, "D7", "Unverified", "$0.75"),
        ("07/01/2013", 2013, 2013, "D4", "A-RIN", "$0.80"),
        ("07/08/2013", 2013, 2013, "D5", "Q-RIN", "-"),
    ]
    writer.writerows(lines)
    return text.getvalue().encode(), len(lines)
