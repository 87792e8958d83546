"""Two more years and what has happened in them, delivered at once behind the real history: they are served,
and change no earlier row."""

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
PRICES = ("open", "high", "low", "close")
GAS_FREEZE = "between date '2026-01-23' and date '2026-01-27'"


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


DAYS_SINCE = f"(trade_date - date '{LAST_SESSION}')"
# What the world did after June 2024 and the moved days did not: (table, rows, column, its value).
SINCE = (
    ("databento/ohlcv_1d", "symbol = 'HG' and trade_date >= date '2025-07-31'", PRICES, "{} * 0.78"),
    ("databento/ohlcv_1d", "symbol = 'SI'", PRICES, f"{{}} * exp(1.2 * {DAYS_SINCE} / 600)"),
    ("databento/ohlcv_1d", "symbol = 'SI' and trade_date >= date '2026-01-30'", PRICES, "{} * 0.69"),
    ("databento/ohlcv_1d", "symbol = 'GC'", PRICES, f"{{}} * exp(0.9 * {DAYS_SINCE} / 600)"),
    ("eia/series", f"series_id = 'NG.RNGWHHD.D' and period {GAS_FREEZE}", ("value",), "{} * 9"),
    ("fred/observations", f"series_id = 'DHHNGSP' and observation_date {GAS_FREEZE}", ("value",), "{} * 9"),
    (
        "policy_uncertainty/monthly",
        "category = '9. Trade policy' and month between date '2025-03-01' and date '2025-05-01'",
        ("value",),
        "12000.0",
    ),
    (
        "fred/observations",
        "series_id in ('UNRATE', 'CPIAUCSL') and observation_date = date '2025-10-01'",  # never counted
        ("value",),
        "null",
    ),
)
# Yields go on from where they were: no rate moves by three points in a day, as it would where the years meet.
ONWARDS = f"""
    select delivered.* replace (value + coalesce(last_value - first_value, 0) as value)
    from delivered
    left join (
        select series_id, arg_max(value, observation_date) as last_value
        from '{HISTORY}/fred/observations/*.parquet' where value is not null group by series_id
    ) as history
        on delivered.series_id = history.series_id
        and regexp_matches(history.series_id, '^DGS|^T10Y.[MY]|^MORT')
    left join (
        select series_id, arg_min(value, observation_date) as first_value
        from delivered where value is not null group by series_id
    ) as future on delivered.series_id = future.series_id
"""
CHINA_BUYS_NOTHING = "week_ending between date '2025-05-15' and date '2025-11-06'"


def let_it_happen(landing: Path) -> None:
    """Metals at new heights and falling by a third in a day, a freeze, the tariffs of 2025, a month nobody
    counted; China buys nothing for half a year and stands in no report."""
    with duckdb.connect() as connection:
        put(connection, landing / "fred/observations", ONWARDS)
        for table, where, columns, value in SINCE:
            changed = ", ".join(
                f"if({where}, {value.format(column)}, {column}) as {column}" for column in columns
            )
            put(connection, landing / table, f"select * replace ({changed}) from delivered")
        put(
            connection,
            landing / "usda/export_sales",
            f"from delivered where not (country = 'CHINA' and {CHINA_BUYS_NOTHING})",
        )


def put(connection: duckdb.DuckDBPyConnection, folder: Path, query: str) -> None:
    """Put the query's answer, which has to differ, in place of the later rows of a table."""
    file = folder / "2026.parquet"
    connection.sql(f"create or replace table delivered as from '{file}'")
    connection.sql(f"create or replace table told as {query}")
    assert connection.sql("from delivered except from told").fetchall(), f"{folder}: {query}"
    connection.sql(f"copy told to '{file}' (format parquet)")


def test_two_more_years_are_served_and_change_nothing_before_them(tmp_path):
    landing = tmp_path / "landing"
    deliver_two_more_years(landing)
    let_it_happen(landing)
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
    # Grains traded on the day of mourning, and a crash is no fault.
    assert rows(
        now, "select count(*) from forecasts.zl_predictions where as_of_date = date '2025-01-09'"
    ) == [(4,)]
    assert rows(
        scratch(now),
        "select symbol, trade_date::varchar, round(return_log, 1) from staging.int_bars__roll_neutral "
        "where (symbol, trade_date::varchar) in (('HG', '2025-07-31'), ('SI', '2026-01-30')) order by all",
    ) == [("HG", "2025-07-31", -0.2), ("SI", "2026-01-30", -0.4)]
    assert (
        rows(
            scratch(now),
            f"select * from staging.quarantine where observed_date > date '{LAST_SESSION}' "
            "and source_table in ('policy_uncertainty.monthly', 'eia.series', 'fred.observations')",
        )
        == []
    )
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
