"""A few rows of what FRED, EIA and CFTC publish, and seeds that ask for no more: quick to fetch often."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from runs import few_seeds, write

DATES = [dt.date(2024, 1, day) for day in (2, 9, 16, 23)]
MONTHS = [dt.date(2024, month, 1) for month in (1, 2, 3)]
KEPT = {
    "fred_series": ("DGS10", "UNRATE"),
    "eia_series": ("PET.RWTC.D", "NG.RNGWHHD.D"),
    "cot_contracts": ("007601", "099741"),
}
LEGACY_COUNTS = {
    "open_interest": 500,
    "noncommercial_long": 120,
    "noncommercial_short": 70,
    "noncommercial_spread": 10,
    "commercial_long": 300,
    "commercial_short": 350,
    "nonreportable_long": 70,
    "nonreportable_short": 70,
}
FUND_COUNTS = {
    "open_interest": 500,
    "managed_money_long": 120,
    "managed_money_short": 70,
    "managed_money_spread": 10,
    "reportable_long": 430,
    "reportable_short": 430,
    "nonreportable_long": 70,
    "nonreportable_short": 70,
}
MARKET = "A MARKET - AN EXCHANGE"


def ask_for_little(folder: Path, monkeypatch) -> None:
    """Only the series and contracts of `small_landing` are asked for, each a batch of its own."""
    monkeypatch.setattr("ingest.seeds.SEEDS", few_seeds(folder, **KEPT))
    monkeypatch.setattr("ingest.fred.ROWS_A_BATCH", 1)
    monkeypatch.setattr("ingest.cftc.ROWS_A_BATCH", 1)


def small_landing(folder: Path) -> Path:
    """Two series or contracts of every table with four dates each; feedstocks with a withheld one."""
    write(
        folder,
        "fred/observations",
        "series_id observation_date value realtime_start",
        [
            (series, date, value + number, date + dt.timedelta(days=1))
            for series, value in (("DGS10", 4.0), ("UNRATE", 3.5))
            for number, date in enumerate(DATES)
        ],
    )
    write(
        folder,
        "eia/series",
        "series_id period value unit",
        [
            (series, date, 70.0 + number, unit)
            for series, unit in (("PET.RWTC.D", "USD/bbl"), ("NG.RNGWHHD.D", "USD/MMBtu"))
            for number, date in enumerate(DATES)
        ],
    )
    write(
        folder,
        "eia/feedstocks",
        "series_id period value unit",
        [
            (f"M_EPOOBD{product}_YIFBP_NUS_MMLB", month, value, "million lb")
            for product, value in (("SO", 1_100.0), ("FSPT", None))
            for month in MONTHS
        ],
    )
    write(
        folder,
        "cftc/cot_legacy",
        f"report_date cftc_contract_code market_name {' '.join(LEGACY_COUNTS)}",
        [
            (date, code, MARKET, *(count + number for count in LEGACY_COUNTS.values()))
            for code in ("007601", "099741")
            for number, date in enumerate(DATES)
        ],
    )
    return write(
        folder,
        "cftc/cot_disaggregated",
        f"report_date cftc_contract_code report market_name {' '.join(FUND_COUNTS)}",
        [
            (date, code, report, MARKET, *(count + number for count in FUND_COUNTS.values()))
            for code, report in (("007601", "disaggregated"), ("099741", "financial"))
            for number, date in enumerate(DATES)
        ],
    )
