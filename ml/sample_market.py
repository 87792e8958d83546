"""SYNTHETIC deliveries for every table of the landing contract: the sample under `landing/sample`.

The market is simulated day by day (`ml.sample_core`), deliveries are read off it (`ml.sample_futures`, `ml.sample_macro`,
`ml.sample_agriculture`, `ml.sample_news`), and this module gives them their contract: columns, types, files, `ingested_at`,
release lags, revisions and repeated deliveries. A delivery never holds a value that was not public when it was made. What can be
found in the mean of ZL is `PLANTED_EFFECTS` and nothing else; the vendor defects are listed in `landing/sample/README.md`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ml.sample_agriculture import (
    simulate_cot,
    simulate_export_sales,
    simulate_nass_crush,
    simulate_quotes,
    simulate_rins,
    simulate_wasde,
)
from ml.sample_core import PLACEBO_DRIVERS, PLANTED_EFFECTS, PlantedEffect, market_between, session_dates
from ml.sample_futures import simulate_bars
from ml.sample_macro import (
    BusinessDays,
    simulate_eia,
    simulate_fred,
    simulate_imf,
    simulate_policy_uncertainty,
    vix_bars,
    yield_paths,
)
from ml.sample_news import simulate_news
from ml.sample_readme import sample_readme

SEED = 42
FIRST_DATE, LAST_DATE = date(2016, 7, 1), date(2024, 6, 28)
LABEL = {"origin": "SYNTHETIC: simulated by ml/sample_market.py, no market data"}

STRING, DATE, DOUBLE, BIGINT, INTEGER = pa.string(), pa.date32(), pa.float64(), pa.int64(), pa.int32()
TIMESTAMP = pa.timestamp("us")


@dataclass(frozen=True)
class Table:
    """A landing table: columns with types, the key, the date column that names the file, the columns that may be NULL."""

    columns: dict[str, pa.DataType]
    key: tuple[str, ...]
    date_column: str
    nullable: frozenset[str] = frozenset()

    @property
    def schema(self) -> pa.Schema:
        """Arrow schema of a file, `ingested_at` last."""
        fields = [
            pa.field(name, type_, nullable=name in self.nullable) for name, type_ in self.columns.items()
        ]
        return pa.schema([*fields, pa.field("ingested_at", TIMESTAMP, nullable=False)], metadata=LABEL)


OHLC = {"open": DOUBLE, "high": DOUBLE, "low": DOUBLE, "close": DOUBLE}
CRUSH_COLUMNS = (
    "soybeans_crushed_tons",
    "oil_produced_1000lb",
    "meal_tons",
    "oil_stock_1000lb",
    "meal_stock_tons",
)
SALES_COLUMNS = ("net_sales_mt", "weekly_exports_mt", "total_commitments_mt", "accumulated_exports_mt")
COT_COLUMNS = (
    "open_interest",
    "noncommercial_long",
    "noncommercial_short",
    "noncommercial_spread",
    "commercial_long",
    "commercial_short",
    "nonreportable_long",
    "nonreportable_short",
)
NEWS = Table(
    {
        "url": STRING,
        "title": STRING,
        "published_at": TIMESTAMP,
        "category": STRING,
        "source": STRING,
        "tone": DOUBLE,
        "scorer_version": STRING,
    },
    ("url",),
    "published_at",
)
TABLES: dict[str, Table] = {
    "databento/ohlcv_1d": Table(
        {"symbol": STRING, "trade_date": DATE, "instrument_id": BIGINT, **OHLC, "volume": BIGINT},
        ("symbol", "trade_date"),
        "trade_date",
    ),
    "fred/observations": Table(
        {"series_id": STRING, "observation_date": DATE, "value": DOUBLE, "realtime_start": DATE},
        ("series_id", "observation_date"),
        "observation_date",
        frozenset({"realtime_start"}),
    ),
    "cboe/vix_1d": Table({"trade_date": DATE, **OHLC}, ("trade_date",), "trade_date"),
    "eia/series": Table(
        {"series_id": STRING, "period": DATE, "value": DOUBLE, "unit": STRING},
        ("series_id", "period"),
        "period",
    ),
    "epa/rin_prices": Table(
        {
            "week_start": DATE,
            "transfer_year": INTEGER,
            "rin_year": INTEGER,
            "d_code": STRING,
            "qap_type": STRING,
            "price_usd_per_rin": DOUBLE,
        },
        ("week_start", "transfer_year", "rin_year", "d_code", "qap_type"),
        "week_start",
    ),
    "usda/export_sales": Table(
        {
            "week_ending": DATE,
            "commodity": STRING,
            "country": STRING,
            "marketing_year": STRING,
            **dict.fromkeys(SALES_COLUMNS, DOUBLE),
        },
        ("week_ending", "commodity", "country", "marketing_year"),
        "week_ending",
    ),
    "usda/nass_crush": Table(
        {"month": DATE, **dict.fromkeys(CRUSH_COLUMNS, DOUBLE)},
        ("month",),
        "month",
        frozenset(CRUSH_COLUMNS[1:]),
    ),
    "usda/wasde": Table(
        {
            "release_date": DATE,
            "marketing_year": STRING,
            "attribute": STRING,
            "value": DOUBLE,
            "unit": STRING,
        },
        ("release_date", "marketing_year", "attribute"),
        "release_date",
    ),
    "cftc/cot_legacy": Table(
        {
            "report_date": DATE,
            "cftc_contract_code": STRING,
            "market_name": STRING,
            **dict.fromkeys(COT_COLUMNS, BIGINT),
        },
        ("report_date", "cftc_contract_code"),
        "report_date",
    ),
    "refinitiv_quotes/daily": Table(
        {"ric": STRING, "quote_date": DATE, "close": DOUBLE, "unit": STRING},
        ("ric", "quote_date"),
        "quote_date",
        frozenset({"unit"}),
    ),
    "policy_uncertainty/monthly": Table(
        {"month": DATE, "category": STRING, "value": DOUBLE}, ("month", "category"), "month"
    ),
    "imf/commodity_prices": Table(
        {"month": DATE, "commodity": STRING, "value": DOUBLE, "unit": STRING}, ("month", "commodity"), "month"
    ),
    "farm_policy_news/articles": NEWS,
    "farmdoc_daily/articles": NEWS,
}


@dataclass(frozen=True)
class Revision:
    """A key delivered twice: `change` maps the first row's values to the later ones; empty means the same values again.

    `first_ingested_at` is set when the first delivery was a live pull, so that the revision falls inside the history.
    """

    table: str
    key: dict[str, object]
    change: dict[str, Callable[[float], float]]
    ingested_at: datetime
    first_ingested_at: datetime | None = None


def plus(amount: float) -> Callable[[float], float]:
    """Adds, and keeps five decimals."""
    return lambda value: round(value + amount, 5)


SECOND_LOAD = datetime(2024, 7, 1, 12)


def revision(table: str, change: dict, pulled: datetime | None, again: datetime, **key) -> Revision:
    """Shorthand for the list below."""
    return Revision(table, key, change, again, pulled)


REVISIONS: tuple[Revision, ...] = (
    # live pulls inside the history: known at their first release rule, then again at the second pull
    *(
        revision(
            "fred/observations", {"value": plus(0.15)}, datetime(2022, 11, 22, 6), datetime(2023, 1, 17, 6),
            series_id="DTWEXBGS", observation_date=date(2022, 11, day),
        )
        for day in (14, 15, 16)
    ),
    revision(
        "fred/observations", {"value": plus(-17.0)}, datetime(2023, 4, 10, 6), datetime(2023, 5, 8, 6),
        series_id="PAYEMS", observation_date=date(2023, 3, 1),
    ),
    revision(
        "usda/nass_crush", {"oil_stock_1000lb": plus(6000.0)}, datetime(2022, 11, 2, 6), datetime(2023, 1, 4, 6),
        month=date(2022, 9, 1),
    ),
    revision(
        "databento/ohlcv_1d", {"close": plus(0.3), "high": plus(0.3)}, datetime(2023, 3, 15, 6), datetime(2023, 3, 21, 6),
        symbol="ZM", trade_date=date(2023, 3, 14),
    ),
    # after the bulk load: known to no session of the sample
    *(
        revision(
            "fred/observations", {"value": plus(0.004)}, None, SECOND_LOAD, series_id="NFCI", observation_date=day
        )
        for day in (date(2024, 6, 7), date(2024, 6, 14))
    ),
    revision(
        "fred/observations", {"value": plus(-25.0)}, None, SECOND_LOAD,
        series_id="PAYEMS", observation_date=date(2024, 4, 1),
    ),
    revision(
        "usda/nass_crush", {"soybeans_crushed_tons": plus(4000.0)}, None, SECOND_LOAD, month=date(2024, 3, 1)
    ),
    # the same again
    *(
        revision("databento/ohlcv_1d", {}, None, SECOND_LOAD, symbol=symbol, trade_date=date(2024, 6, day))
        for symbol in ("ZL", "ZM", "ZS") for day in (26, 27, 28)
    ),
    *(
        revision("fred/observations", {}, None, SECOND_LOAD, series_id="DGS10", observation_date=date(2024, 6, day))
        for day in (24, 25, 26)
    ),
    revision(
        "cftc/cot_legacy", {}, None, SECOND_LOAD, report_date=date(2024, 6, 18), cftc_contract_code="007601"
    ),
)  # fmt: skip


def load_at(last_date: date) -> datetime:
    """When the bulk load ran: 06:00 UTC on the weekday after `last_date`."""
    day = last_date + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, time(6))


def public_tables(seed: int, first_date: date, last_date: date) -> dict[str, pd.DataFrame]:
    """All values public before the load of `last_date`, one row per key, without revisions; news carries its `ingested_at`."""
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
        "usda/export_sales": simulate_export_sales(market),
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


def matching(frame: pd.DataFrame, key: dict[str, object]) -> pd.Index:
    """Index of the rows with that key."""
    mask = np.ones(len(frame), dtype=bool)
    for name, value in key.items():
        wanted = pd.Timestamp(value) if isinstance(value, date) else value
        mask &= (frame[name] == wanted).to_numpy()
    return frame.index[mask]


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

    A later `last_date` adds rows and changes none but their bulk `ingested_at`. Planted revisions and repeated deliveries are
    the only keys that stand twice. Raises ValueError when the range holds fewer than 30 weekdays.
    """
    return {
        name: pd.concat(kinds.values(), ignore_index=True)
        for name, kinds in deliveries(seed, first_date, last_date).items()
    }


def write_table(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """One Parquet file: fixed settings, no pandas metadata, labelled SYNTHETIC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = [pa.Array.from_pandas(frame[field.name], type=field.type) for field in table.schema]
    pq.write_table(
        pa.Table.from_arrays(arrays, schema=table.schema),
        path,
        version="2.6",
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        dictionary_pagesize_limit=2**20,
        write_statistics=False,
        data_page_version="1.0",
        store_schema=False,
        row_group_size=2**20,
    )


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

    Refuses (FileExistsError) a folder that already holds Parquet files, so that it can never mix with, or replace, real
    deliveries. Same arguments, same bytes.
    """
    folder = Path(folder)
    if any(folder.rglob("*.parquet")):
        raise FileExistsError(
            f"{folder} already holds Parquet files; the sample is written into an empty folder only."
        )
    written = []
    for name, kinds in deliveries(seed, first_date, last_date).items():
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
    """The session after `last_date` and what a load after it adds: rows that the load of `last_date` did not hold."""
    session = next_session(last_date)
    before = simulate_market(seed, first_date, last_date)
    after = simulate_market(seed, first_date, session)
    out = {}
    for name, frame in after.items():
        columns = list(TABLES[name].columns)
        known = pd.MultiIndex.from_frame(
            before[name][columns].astype(object).where(before[name][columns].notna(), None)
        )
        new = pd.MultiIndex.from_frame(frame[columns].astype(object).where(frame[columns].notna(), None))
        rows = frame[~new.isin(known)]
        if len(rows):
            out[name] = rows.reset_index(drop=True)
    return session, out


def write_next_deliveries(
    folder: Path | str, seed: int = SEED, first_date: date = FIRST_DATE, last_date: date = LAST_DATE
) -> tuple[date, list[Path]]:
    """Append one more day: `<folder>/<source>/<table>/<session>.parquet` for each table with news, earlier files untouched.

    `last_date` is the last session the folder already holds. Returns the new session and the files; call again with that
    session as `last_date` for the day after.
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
