"""An imitation of FAS's Export Sales Reporting API, `https://api.fas.usda.gov/api/esr`.

Written from the service's Swagger description (lists of `datareleasedates`, `countries`, `unitsOfMeasure`;
one row a week and destination under `exports/commodityCode/{code}/allCountries/marketYear/{year}`). FAS has
no total: what `TOTAL` has beyond the destinations in landing is served as the destination UNKNOWN.
"""

import datetime as dt
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
from server import Answer, Asked
from usda_runs import newest_rows

TABLES = ("usda/export_sales",)

WRONG_KEY = "wr0ng-key"
CODES = {801: "SOYBEANS", 901: "SOYBEAN MEAL", 902: "SOYBEAN OIL"}
UNKNOWN = 9990
VALUES = ["net_sales_mt", "weekly_exports_mt", "total_commitments_mt", "accumulated_exports_mt"]


def publisher(landing: Path) -> Callable[[Asked], Answer]:
    frame = newest_rows(landing, "usda/export_sales")
    names = sorted(set(frame["country"]) - {"TOTAL", "CHINA", "UNKNOWN"})
    countries = {"CHINA": 5700, "UNKNOWN": UNKNOWN} | {name: 1000 + n for n, name in enumerate(names)}
    frame = pd.concat([frame[frame["country"] != "TOTAL"], _rest(frame)], ignore_index=True)
    frame["market_year"] = frame["marketing_year"].str[:4].astype(int) + 1 if len(frame) else []
    years = {code: frame.loc[frame["commodity"] == name, "market_year"].max() for code, name in CODES.items()}
    newest = frame["market_year"].max() if len(frame) else 2024
    groups = {key: group for key, group in frame.groupby(["commodity", "market_year"])}

    def answer(asked: Asked) -> Answer:
        key = asked.headers.get("x-api-key")
        if not key or key == WRONG_KEY:
            code = "API_KEY_INVALID" if key else "API_KEY_MISSING"
            said = {"error": {"code": code, "message": f"An invalid api_key was supplied: {key}"}}
            return Answer(json.dumps(said).encode(), 403)
        match asked.path.split("/"):
            case ["datareleasedates"]:
                return _json([_release(code, year, newest) for code, year in years.items()])
            case ["countries"]:
                return _json([_country(name, code) for name, code in countries.items()])
            case ["unitsOfMeasure"]:
                return _json([{"unitId": 1, "unitNames": "Metric Tons"}, {"unitId": 2, "unitNames": "Bales"}])
            case ["exports", "commodityCode", code, "allCountries", "marketYear", year]:
                group = groups.get((CODES[int(code)], int(year)))
                return _json([] if group is None else _exports(group, int(code), countries))
        return Answer(b'{"message": "No HTTP resource was found"}', 404)

    return answer


def _rest(frame: pd.DataFrame) -> pd.DataFrame:
    """UNKNOWN: TOTAL less the destinations; no row where landing has no TOTAL."""
    keys = ["week_ending", "commodity", "marketing_year"]
    indexed = frame.set_index(keys)
    total = indexed.loc[indexed["country"] == "TOTAL", VALUES]
    known = indexed.loc[indexed["country"] != "TOTAL", VALUES].groupby(level=keys).sum()
    rest = total.sub(known.reindex(total.index).fillna(0.0))
    return rest.reset_index().assign(country="UNKNOWN")


def _release(code: int, year: float, newest: int) -> dict:
    ends = int(newest if pd.isna(year) else year)
    month = 9 if code == 801 else 10
    return {
        "commodityCode": code,
        "marketYearStart": f"{ends - 1}-{month:02d}-01T00:00:00",
        "marketYearEnd": (dt.datetime(ends, month, 1) - dt.timedelta(days=1)).isoformat(),
        "marketYear": ends,
        "releaseTimeStamp": "2024-06-27T08:30:06.97",
    }


def _country(name: str, code: int) -> dict:
    # FAS pads the short names.
    return {"countryCode": code, "countryName": f"{name:<8}", "countryDescription": name, "regionId": 7}


def _exports(group: pd.DataFrame, code: int, countries: dict[str, int]) -> list[dict]:
    return [
        {
            "commodityCode": code,
            "countryCode": countries[row.country],
            "weeklyExports": _whole(row.weekly_exports_mt),
            "accumulatedExports": _whole(row.accumulated_exports_mt),
            "outstandingSales": _whole(row.total_commitments_mt - row.accumulated_exports_mt),
            "grossNewSales": _whole(row.net_sales_mt),
            "currentMYNetSales": _whole(row.net_sales_mt),
            "currentMYTotalCommitment": _whole(row.total_commitments_mt),
            "nextMYOutstandingSales": 0,
            "nextMYNetSales": 0,
            "unitId": 1,
            "weekEndingDate": f"{row.week_ending:%Y-%m-%d}T00:00:00",
        }
        for row in group.sort_values(["week_ending", "country"]).itertuples()
    ]


def _whole(value: float) -> int | None:
    return None if pd.isna(value) else round(value)


def _json(rows: list) -> Answer:
    return Answer(json.dumps(rows).encode())
