"""Two more years, delivered at once behind the real history: they are served, and change no earlier row."""

import datetime as dt
from pathlib import Path

import duckdb
import pytest
from builds import NOT_KNOWN_THEN, SHARED, main_job, rows, scratch, table_fingerprint

pytestmark = [pytest.mark.shared, pytest.mark.proof]

HISTORY = SHARED / "landing"
LAST_SESSION, DELIVERED = "2024-06-28", "2026-07-01 06:00:00"
# 104 weeks: a day keeps its weekday. Series of months keep their month.
DAYS, MONTHS = 728, 24
DATES = {
    "databento/ohlcv_1d": "trade_date", "cboe/vix_1d": "trade_date", "refinitiv_quotes/daily": "quote_date",
    "fred/observations": "observation_date", "eia/series": "period", "cftc/cot_legacy": "report_date",
    "usda/export_sales": "week_ending", "usda/nass_crush": "month", "imf/commodity_prices": "month",
    "policy_uncertainty/monthly": "month",
}  # fmt: skip


def shifted(column: str, date: str, is_month: str) -> str:
    """A column of the two last years as of two years later."""
    year = "substr(marketing_year, 1, 4)::integer"
    return {
        date: f"if({is_month}, ({date} + interval {MONTHS} month)::date, {date} + {DAYS}) as {date}",
        # Another contract: the splice is a roll, not a return.
        "instrument_id": "instrument_id + 1_000_000_000 as instrument_id",
        "ingested_at": f"timestamp '{DELIVERED}' as ingested_at",
        "realtime_start": f"realtime_start + {DAYS} as realtime_start",
        "marketing_year": f"printf('%d/%02d', {year} + 2, ({year} + 3) % 100) as marketing_year",
    }.get(column, column)


def deliver_two_more_years(landing: Path) -> None:
    """The history, and behind it what its two last years would be two years later."""
    for table in sorted(path.relative_to(HISTORY) for path in HISTORY.glob("*/*/")):
        (landing / table).mkdir(parents=True)
        for file in (HISTORY / table).glob("*.parquet"):
            (landing / table / file.name).symlink_to(file)
    with duckdb.connect() as connection:
        for table, date in DATES.items():
            history = f"'{HISTORY / table}/*.parquet'"
            columns = [row[0] for row in connection.sql(f"describe from {history}").fetchall()]
            is_month = "true" if date == "month" else "false"
            if "series_id" in columns:
                is_month = f"bool_and(day({date}) = 1) over (partition by series_id)"
            moved = ", ".join(shifted(column, date, is_month) for column in columns)
            connection.sql(
                f"copy (from (select {moved} from {history}) where {date} > (select max({date}) from "
                f"{history})) to '{landing / table}/2026.parquet' (format parquet)"
            )


def test_two_more_years_are_served_and_change_nothing_before_them(tmp_path):
    landing = tmp_path / "landing"
    deliver_two_more_years(landing)
    then, now = tmp_path / "then.duckdb", tmp_path / "now.duckdb"
    first = main_job(then, variables={"landing": str(HISTORY), "effort": "standard"})
    assert first.code == 0, first.output
    clock = str(dt.datetime.fromisoformat(DELIVERED) + dt.timedelta(hours=1))
    outcome = main_job(now, variables={"landing": str(landing), "effort": "standard", "clock": clock})
    assert outcome.code == 0, outcome.output
    # Of 104 weeks; a day that falls on another year's holiday is no session.
    assert rows(
        now,
        "select count(*) = 4 * count(distinct as_of_date), count(distinct as_of_date) - 2630 > 470, "
        "max(as_of_date)::varchar, count(*) filter (is_live) from forecasts.zl_predictions",
    ) == [(True, True, "2026-06-26", 4)]
    before = f"as_of_date <= date '{LAST_SESSION}'"
    compared = {
        "features.daily_ml_matrix": before,
        "training.benchmark_forecasts": before,
        "training.bucket_predictions": before,
        "training.stacked_predictions": before,
        "training.ensemble_weights": f"fold_id <= '{LAST_SESSION}'",
        "forecasts.zl_predictions": before,
    }
    without = (*NOT_KNOWN_THEN, "prediction_type")
    old, new = (duckdb.connect(str(scratch(db)), read_only=True) for db in (then, now))
    with old, new:
        for relation, where in compared.items():
            assert table_fingerprint(old, relation, without, where) == table_fingerprint(
                new, relation, without, where
            ), relation
