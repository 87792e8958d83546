"""What is delivered again with another value is known from then on: no forecast made before it changes."""

import shutil

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from builds import NOT_KNOWN_THEN, PROJECT, main_job, rows, scratch, table_fingerprint

SAMPLE = PROJECT / "landing" / "sample"
THIN_SESSION = "2023-09-05"  # a bar of a wrong contract in the sample, refused by the volume rule
CLOSE_CORRECTED = "2024-05-15"  # a good bar whose close is corrected by ten ticks
SPOILT_AGAIN = "2024-06-12"  # a good bar delivered a second time, a hundred times as dear, and refused
CORRECTED_AT = pd.Timestamp("2024-07-02 06:00:00")  # after the bulk load that delivered the refused bar


def later_deliveries() -> pa.Table:
    """ZL after everything else: a refused bar made good, a good one corrected, one spoilt."""
    bars = pq.read_table(SAMPLE / "databento" / "ohlcv_1d" / "2024.parquet")
    good = bars.to_pandas().query("symbol == 'ZL'")
    good.index = good["trade_date"].astype(str)
    close = good.loc[[CLOSE_CORRECTED]].copy()
    assert len(close) == 1
    close["close"] += 0.10
    close["high"] = close[["high", "close"]].max(axis=1)
    spoilt = good.loc[[SPOILT_AGAIN]].copy()
    spoilt[["open", "high", "low", "close"]] *= 100
    both = pd.concat([close, spoilt], ignore_index=True)
    both["ingested_at"] = CORRECTED_AT
    return pa.concat_tables(
        [corrected_bar(), pa.Table.from_pandas(both, schema=bars.schema, preserve_index=False)]
    )


def corrected_bar() -> pa.Table:
    """The refused ZL bar with the volume of a whole session."""
    bars = pq.read_table(SAMPLE / "databento" / "ohlcv_1d" / "2023.parquet")
    frame = bars.to_pandas()
    bar = frame[(frame["symbol"] == "ZL") & (frame["trade_date"].astype(str) == THIN_SESSION)].copy()
    before = frame[(frame["symbol"] == "ZL") & (frame["trade_date"].astype(str) < THIN_SESSION)].iloc[-1]
    assert len(bar) == 1
    bar["volume"] = before["volume"]
    bar["instrument_id"] = before["instrument_id"]
    bar[["open", "high", "low", "close"]] = before["close"]
    bar["ingested_at"] = CORRECTED_AT
    return pa.Table.from_pandas(bar, schema=bars.schema, preserve_index=False)


def test_later_deliveries_leave_every_forecast_made_before_as_it_was(sample_build, tmp_path):
    landing = tmp_path / "landing"
    shutil.copytree(SAMPLE, landing)
    pq.write_table(later_deliveries(), landing / "databento" / "ohlcv_1d" / "correction.parquet")
    db = tmp_path / "zl.duckdb"
    outcome = main_job(db, variables={"landing": str(landing)})
    assert outcome.code == 0, outcome.output
    assert outcome.says("Published")
    corrected = rows(
        scratch(db),
        "select count(*) from staging.int_bars__roll_neutral "
        f"where symbol = 'ZL' and trade_date = date '{THIN_SESSION}'",
    )
    assert corrected == [(1,)], (
        "the corrected bar has to be in the prices of the later edition, and only there"
    )
    reasons = rows(
        scratch(db),
        "select key_text, quarantine_reason from staging.quarantine where file like '%correction.parquet'",
    )
    assert reasons == [(f"ZL {SPOILT_AGAIN}", "price_out_of_bounds")]
    with (
        duckdb.connect(str(scratch(sample_build[0])), read_only=True) as first,
        duckdb.connect(str(scratch(db)), read_only=True) as revised,
    ):
        for relation in [
            "features.daily_ml_matrix",
            "training.benchmark_forecasts",
            "training.bucket_predictions",
            "forecasts.zl_predictions",
        ]:
            without = (*NOT_KNOWN_THEN, "prediction_type")
            then = table_fingerprint(first, relation, without)
            assert then == table_fingerprint(revised, relation, without), relation
        forecast = revised.sql(
            f"select count(*) from forecasts.zl_predictions where as_of_date = date '{THIN_SESSION}'"
        )
        assert forecast.fetchone() == (0,), "nobody knew the bar at that close"
