"""The landing contract in Python: tables, columns, types and keys; a test holds it to models/raw/_raw.yml."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa

STRING, DATE, DOUBLE, BIGINT, INTEGER = pa.string(), pa.date32(), pa.float64(), pa.int64(), pa.int32()

TIMESTAMP = pa.timestamp("us")


@dataclass(frozen=True)
class Table:
    """A landing table: columns with types, the key, the date column that names the file, the columns that
    may be NULL, and the column that tells vintages of one key apart.
    """

    columns: dict[str, pa.DataType]
    key: tuple[str, ...]
    date_column: str
    nullable: frozenset[str] = frozenset()
    vintage: str | None = None

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

FUND_COLUMNS = (
    "open_interest",
    "managed_money_long",
    "managed_money_short",
    "managed_money_spread",
    "reportable_long",
    "reportable_short",
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
        "realtime_start",
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
    "eia/feedstocks": Table(
        {"series_id": STRING, "period": DATE, "value": DOUBLE, "unit": STRING},
        ("series_id", "period"),
        "period",
        frozenset({"value"}),
    ),
    "cftc/cot_disaggregated": Table(
        {
            "report_date": DATE,
            "cftc_contract_code": STRING,
            "report": STRING,
            "market_name": STRING,
            **dict.fromkeys(FUND_COLUMNS, BIGINT),
        },
        ("report_date", "cftc_contract_code"),
        "report_date",
        frozenset(FUND_COLUMNS),
    ),
}

LIVE_ONLY = frozenset({"eia/feedstocks", "cftc/cot_disaggregated"})
"""Tables that only live sources deliver: the sample has no files of them."""
