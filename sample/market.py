"""SYNTHETIC deliveries for every table of the landing contract: the sample under `landing/sample`.

The market is simulated day by day (`sample.core`), deliveries are read off it (the `simulate_...`
functions of the `ml.sample_...` modules), and this module gives them their files, `ingested_at`, release
lags, revisions and repeated deliveries. A delivery never holds a value that was not public when it was
made. What can be found in the mean of ZL is `PLANTED_EFFECTS` and nothing else; the planted vendor defects
are listed in the README beside the sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ingest.landing_contract import DATE, TABLES, TIMESTAMP, Table
from ml.landing import any_synthetic
from sample.core import PLACEBO_DRIVERS, PLANTED_EFFECTS, PlantedEffect, market_between, session_dates
from sample.cot import simulate_cot
from sample.files import write_table
from sample.futures import simulate_bars
from sample.macro import simulate_eia, simulate_fred, vix_bars, yield_paths
from sample.monthly import simulate_imf, simulate_policy_uncertainty
from sample.news import simulate_news
from sample.periods import BusinessDays
from sample.quotes import simulate_quotes, simulate_rins
from sample.readme import sample_readme
from sample.revisions import REVISIONS, Revision, matching
from sample.usda import simulate_export_sales, simulate_nass_crush, simulate_wasde

SEED = 42

FIRST_DATE, LAST_DATE = date(2016, 7, 1), date(2024, 6, 28)


def load_at(last_date: date) -> datetime:
    """When the bulk load ran: 06:00 UTC on the weekday after `last_date`."""
    day = last_date + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(6))


def public_tables(seed: int, first_date: date, last_date: date) -> dict[str, pd.DataFrame]:
    """All values public before the load of `last_date`, one row per key, without revisions; news carries
    its `ingested_at`.
    """
    market = market_between(seed, first_date, last_date)
    business = BusinessDays(first_date, last_date)
    yields, vix = yield_paths(market), vix_bars(market)
    fred = simulate_fred(market, business, yields, vix)
    bars = simulate_bars(market, yields)
    frames = {
        "databento/ohlcv_1d": bars.assign(public_date=bars["trade_date"]),
        "fred/observations": fred,
        "cboe/vix_1d": vix.assign(public_date=vix["trade_date"]),
        "eia/series": simulate_eia(fred),
        "epa/rin_prices": simulate_rins(market),
        "usda/export_sales": simulate_export_sales(market, business),
        "usda/nass_crush": simulate_nass_crush(market, business),
        "usda/wasde": simulate_wasde(market),
        "cftc/cot_legacy": simulate_cot(market, business),
        "refinitiv_quotes/daily": simulate_quotes(market),
        "policy_uncertainty/monthly": simulate_policy_uncertainty(market),
        "imf/commodity_prices": simulate_imf(market),
        "farm_policy_news/articles": simulate_news(market, "farm_policy_news"),
        "farmdoc_daily/articles": simulate_news(market, "farmdoc_daily"),
    }
    horizon = np.datetime64(load_at(last_date).date())
    return {name: normalised(frame, TABLES[name], horizon) for name, frame in frames.items()}


def normalised(frame: pd.DataFrame, table: Table, horizon: np.datetime64) -> pd.DataFrame:
    """Public rows only, contract columns only, dates as datetime64."""
    known = frame["public_date"].to_numpy(dtype="datetime64[D]") < horizon
    columns = [*table.columns, *(["ingested_at"] if "ingested_at" in frame else [])]
    out = frame.loc[known, columns].reset_index(drop=True)
    for name, type_ in table.columns.items():
        if type_ in (DATE, TIMESTAMP):
            out[name] = pd.to_datetime(out[name])
    return out


def deliveries(seed: int, first_date: date, last_date: date) -> dict[str, dict[str, pd.DataFrame]]:
    """Table -> kind (`""` first deliveries, `_revision`, `_redelivery`) -> rows with `ingested_at`."""
    loaded = load_at(last_date)
    out = {}
    for name, frame in public_tables(seed, first_date, last_date).items():
        base = frame if "ingested_at" in frame else frame.assign(ingested_at=pd.Timestamp(loaded))
        again: dict[str, list[pd.DataFrame]] = {"_revision": [], "_redelivery": []}
        for item in REVISIONS:
            if item.table != name or item.ingested_at.date() > loaded.date():
                continue
            at = matching(base, item.key)
            row = base.loc[at].copy()
            for column, change in item.change.items():
                row[column] = row[column].map(change)
            row["ingested_at"] = pd.Timestamp(item.ingested_at)
            again["_revision" if item.change else "_redelivery"].append(row)
            if item.first_ingested_at is not None:
                base.loc[at, "ingested_at"] = pd.Timestamp(item.first_ingested_at)
        out[name] = {"": base}
        for kind, rows in again.items():
            rows = [row for row in rows if len(row)]
            if rows:
                out[name][kind] = pd.concat(rows, ignore_index=True)
    return out


def simulate_market(
    seed: int = SEED, first_date: date = FIRST_DATE, last_date: date = LAST_DATE
) -> dict[str, pd.DataFrame]:
    """Deliveries of every landing table, `source/table` -> frame in the contract's columns.

    A later `last_date` adds rows and changes none but their bulk `ingested_at`. Planted revisions and
    repeated deliveries are the only keys that stand twice. Raises ValueError when the range holds fewer
    than 30 weekdays.
    """
    return {
        name: pd.concat(kinds.values(), ignore_index=True)
        for name, kinds in deliveries(seed, first_date, last_date).items()
    }


def yearly_files(name: str, kinds: dict[str, pd.DataFrame]) -> Iterator[tuple[str, pd.DataFrame]]:
    """File name and rows of each file of a table."""
    for kind, frame in kinds.items():
        years = frame[TABLES[name].date_column].dt.year
        for year in sorted(years.unique()):
            yield f"{year}{kind}.parquet", frame[years == year]


def write_deliveries(
    folder: Path | str, seed: int = SEED, first_date: date = FIRST_DATE, last_date: date = LAST_DATE
) -> list[Path]:
    """Write the sample: `<folder>/<source>/<table>/<year>.parquet` and a README saying that it is synthetic.

    Replaces an older sample, days appended to it included. Refuses (FileExistsError) a folder with a Parquet
    file that is not labelled SYNTHETIC, so that it never mixes with, or replaces, real deliveries. Same
    arguments, same bytes.
    """
    folder = Path(folder)
    older = sorted(folder.rglob("*.parquet"))
    for path in older:
        if not any_synthetic([str(path)]):
            raise FileExistsError(f"{path} is not a sample file; choose a folder without other deliveries.")
    frames = deliveries(seed, first_date, last_date)
    for path in older:
        path.unlink()
    written = []
    for name, kinds in frames.items():
        for file_name, rows in yearly_files(name, kinds):
            path = folder / name / file_name
            write_table(rows, TABLES[name], path)
            written.append(path)
    readme = folder / "README.md"
    readme.write_text(sample_readme(seed, first_date, last_date, REVISIONS), encoding="utf-8")
    return [*written, readme]


def next_session(day: date) -> date:
    """The first CBOT grain session after a day."""
    return min(session_dates(day + timedelta(days=1), day + timedelta(days=14)))


def next_deliveries(seed: int, first_date: date, last_date: date) -> tuple[date, dict[str, pd.DataFrame]]:
    """The session after `last_date` and what a load after it adds: rows that the load of `last_date` did
    not hold.
    """
    session = next_session(last_date)
    before = simulate_market(seed, first_date, last_date)
    after = simulate_market(seed, first_date, session)
    out = {}
    for name, frame in after.items():
        columns = list(TABLES[name].columns)
        held = pd.util.hash_pandas_object(before[name][columns], index=False)
        rows = frame[~pd.util.hash_pandas_object(frame[columns], index=False).isin(held)]
        if len(rows):
            out[name] = rows.reset_index(drop=True)
    return session, out


def write_next_deliveries(
    folder: Path | str, seed: int = SEED, first_date: date = FIRST_DATE, last_date: date = LAST_DATE
) -> tuple[date, list[Path]]:
    """Append one more day: `<folder>/<source>/<table>/<session>.parquet` for each table with news, earlier
    files untouched.

    `last_date` is the last session the folder already holds. Returns the new session and the files; call
    again with that session as `last_date` for the day after.
    """
    session, frames = next_deliveries(seed, first_date, last_date)
    written = []
    for name, frame in frames.items():
        path = Path(folder) / name / f"{session.isoformat()}.parquet"
        if path.exists():
            raise FileExistsError(f"{path} is already there: the day {session} has been delivered.")
        write_table(frame, TABLES[name], path)
        written.append(path)
    return session, written


__all__ = [
    "FIRST_DATE",
    "LAST_DATE",
    "PLACEBO_DRIVERS",
    "PLANTED_EFFECTS",
    "REVISIONS",
    "SEED",
    "TABLES",
    "PlantedEffect",
    "Revision",
    "next_session",
    "simulate_market",
    "write_deliveries",
    "write_next_deliveries",
]
