"""The landing contract of the sample: tables, columns, types, and how a file is written."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LABEL = {"origin": "SYNTHETIC: simulated by ml/sample_market.py, no market data"}

STRING, DATE, DOUBLE, BIGINT, INTEGER = pa.string(), pa.date32(), pa.float64(), pa.int64(), pa.int32()

TIMESTAMP = pa.timestamp("us")


@dataclass(frozen=True)
class Table:
    """A landing table: columns with types, the key, the date column that names the file, the columns that
    may be NULL.
    """

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
        return pa.schema([*fields, pa.field("ingested_at", TIMESTAMP, nullable=False)])


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


def write_table(frame: pd.DataFrame, table: Table, path: Path) -> None:
    """One Parquet file: fixed settings, no pandas metadata, labelled SYNTHETIC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    arrays = [pa.Array.from_pandas(frame[field.name], type=field.type) for field in table.schema]
    with pq.ParquetWriter(
        path,
        table.schema,
        version="2.6",
        compression="zstd",
        compression_level=19,
        use_dictionary=True,
        dictionary_pagesize_limit=2**20,
        write_statistics=False,
        data_page_version="1.0",
        store_schema=False,
    ) as writer:
        writer.write_table(pa.Table.from_arrays(arrays, schema=table.schema), row_group_size=2**20)
        writer.add_key_value_metadata(LABEL)


def is_synthetic(path: Path) -> bool:
    """Whether a Parquet file carries the sample's label."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except pa.ArrowInvalid:
        return False
    return metadata.get(b"origin") == LABEL["origin"].encode()
