"""Some forty ways a delivery arrives broken, each with what has to come of it.

A case takes the newest sound rows of one table of the sample and spoils them; it is delivered as one more
file. `refused` cases stop the build with a message that holds all the words; `quarantined` cases end with one
of these reasons in `staging.quarantine`. Nothing here is market data: the rows are the sample's.
"""

import datetime
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

LATER = pd.Timestamp("2024-07-12 06:00:00")
NEXT_SESSIONS = [datetime.date(2024, 7, day) for day in (1, 2, 3, 5, 8, 9, 10)]
BARS = "databento/ohlcv_1d"


@dataclass(frozen=True)
class Case:
    """One broken delivery.

    Parameters
    ----------
    name : what is wrong with it.
    table : `<source>/<table>` it is delivered to.
    deliver : puts the broken delivery into the landing folder; called with (landing folder, file to write).
    refused, quarantined : words of the refusal, or reasons of which quarantine has to hold one.
    """

    name: str
    table: str
    deliver: Callable[[Path, Path], None]
    refused: tuple[str, ...] = ()
    quarantined: tuple[str, ...] = ()


def newest(folder: Path, table: str, n: int = 3, where: str | None = None) -> tuple[pd.DataFrame, pa.Schema]:
    """The last n rows of the newest yearly file of a table, and its schema."""
    file = sorted(file for file in (folder / table).glob("*.parquet") if file.stem.isdigit())[-1]
    frame = pq.read_table(file)
    rows = frame.to_pandas(timestamp_as_object=False)
    if where:
        rows = rows.query(where)
    rows = rows.tail(n).reset_index(drop=True)
    rows["ingested_at"] = LATER
    return rows, frame.schema.remove_metadata()


def write(rows: pd.DataFrame, schema: pa.Schema, file: Path) -> None:
    """Write rows under a schema; a NaN stays a NaN (pandas alone would make it NULL)."""
    arrays = [
        pa.array(rows[field.name].to_numpy(np.float64))
        if pa.types.is_floating(field.type)
        else pa.Array.from_pandas(rows[field.name], type=field.type)
        for field in schema
    ]
    nullable = pa.schema([field.with_nullable(True) for field in schema])
    pq.write_table(pa.Table.from_arrays(arrays, schema=nullable), file)


def spoiled(
    table: str, spoil: Callable[[pd.DataFrame], pd.DataFrame | None], where: str | None = None, n: int = 3
):
    """A delivery whose values are wrong under a right schema."""

    def deliver(folder: Path, file: Path) -> None:
        rows, schema = newest(folder, table, n, where)
        changed = spoil(rows)
        write(rows if changed is None else changed, schema, file)

    return deliver


def retyped(table: str, column: str, data_type: pa.DataType | None, name: str | None = None):
    """A delivery with a column of another type, under another name, or without it (no type, no name)."""

    def deliver(folder: Path, file: Path) -> None:
        rows, schema = newest(folder, table)
        at = schema.get_field_index(column)
        arrays = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
        if name:
            arrays = arrays.rename_columns([name if c == column else c for c in arrays.column_names])
        elif data_type is None:
            arrays = arrays.remove_column(at)
        else:
            values = arrays.column(column)
            text = pa.array([str(value) for value in values.to_pylist()])
            arrays = arrays.set_column(
                at, column, text if pa.types.is_string(data_type) else values.cast(data_type)
            )
        pq.write_table(arrays, file)

    return deliver


def with_column(table: str, name: str, values: Callable[[pa.Table], pa.Array], without: str = ""):
    """A delivery with one column more, and one less."""

    def deliver(folder: Path, file: Path) -> None:
        rows, schema = newest(folder, table)
        whole = pa.Table.from_pandas(rows, schema=schema, preserve_index=False)
        kept = whole.drop_columns([without]) if without else whole
        pq.write_table(kept.append_column(name, values(whole)), file)

    return deliver


def raw_bytes(content: Callable[[bytes], bytes]):
    """A delivery that is not a whole Parquet file."""

    def deliver(folder: Path, file: Path) -> None:
        whole = sorted(file.parent.glob("*.parquet"))[-1].read_bytes()
        file.write_bytes(content(whole))

    return deliver


def on_landing(change: Callable[[Path], None]):
    """A change to files that were loaded before."""

    def deliver(folder: Path, file: Path) -> None:
        change(sorted(file.parent.glob("*.parquet"))[0])

    return deliver


def zl(spoil: Callable[[pd.DataFrame], pd.DataFrame | None], n: int = 1):
    """ZL bars of the sessions after the newest ones, spoiled."""

    def later_sessions(rows: pd.DataFrame) -> pd.DataFrame:
        rows["trade_date"] = NEXT_SESSIONS[: len(rows)]
        changed = spoil(rows)
        return rows if changed is None else changed

    return spoiled(BARS, later_sessions, "symbol == 'ZL'", n)


def scale(columns: list[str], factor: float):
    """Multiply columns by a factor."""

    def spoil(rows: pd.DataFrame) -> None:
        rows[columns] = rows[columns] * factor

    return spoil


def put(column: str, value):
    """Put one value into a column of all rows."""

    def spoil(rows: pd.DataFrame) -> None:
        rows[column] = value

    return spoil


def twice_with_other_values(rows: pd.DataFrame) -> pd.DataFrame:
    """Every row again, a cent dearer, in the same delivery."""
    dearer = rows.copy()
    dearer[["high", "close"]] += 0.05
    dearer["high"] = dearer[["high", "close"]].max(axis=1)
    return pd.concat([rows, dearer])


def shifted_by_hours(rows: pd.DataFrame) -> None:
    """Bars of Friday's session stamped in another time zone: they fall on Saturday."""
    rows["trade_date"] = datetime.date(2024, 6, 29)


def same_close(rows: pd.DataFrame) -> None:
    """A feed that stands still."""
    for column in ("open", "high", "low", "close"):
        rows[column] = rows[column].iloc[0]


PRICES = ["open", "high", "low", "close"]

CASES = [
    Case(
        "truncated Parquet",
        BARS,
        raw_bytes(lambda whole: whole[: len(whole) // 2]),
        refused=("broken.parquet", "truncated"),
    ),
    Case(
        "empty file",
        "fred/observations",
        raw_bytes(lambda whole: b""),
        refused=("broken.parquet", "empty file"),
    ),
    Case(
        "text under a Parquet name",
        "eia/series",
        raw_bytes(lambda whole: b"period,value\n2024-07-01,81.2\n"),
        refused=("broken.parquet", "not Parquet"),
    ),
    Case(
        "damaged pages between good marks",
        BARS,
        raw_bytes(lambda whole: whole[:200] + bytes(2000) + whole[2200:]),
        refused=("broken.parquet",),
    ),
    Case(
        "missing column",
        BARS,
        retyped(BARS, "close", None),
        refused=("broken.parquet", "column close", "expected DOUBLE", "no such column"),
    ),
    Case(
        "renamed column",
        BARS,
        retyped(BARS, "close", None, "settle"),
        refused=("broken.parquet", "column close", "column settle"),
    ),
    Case(
        "a column twice",
        BARS,
        with_column(BARS, "close", lambda bars: bars["open"]),
        refused=("broken.parquet", "column close", "found 2 columns of that name"),
    ),
    Case(
        "a column inside another",
        BARS,
        with_column(
            BARS, "prices", lambda bars: pa.array([{"close": x} for x in bars["close"].to_pylist()]), "close"
        ),
        refused=("broken.parquet", "column prices", "found nested columns"),
    ),
    Case(
        "a name that is a pattern",
        BARS,
        lambda folder, file: shutil.copy(file.with_name("2023.parquet"), file.with_name("202?.parquet")),
        refused=("202?.parquet", "* ? [ ]"),
    ),
    Case(
        "text in a number",
        BARS,
        retyped(BARS, "close", pa.string()),
        refused=("broken.parquet", "column close", "expected DOUBLE", "VARCHAR"),
    ),
    Case(
        "contract codes as numbers",
        "cftc/cot_legacy",
        retyped("cftc/cot_legacy", "cftc_contract_code", pa.int64()),
        refused=("column cftc_contract_code", "expected VARCHAR"),
    ),
    Case(
        "instants with a time zone",
        BARS,
        retyped(BARS, "ingested_at", pa.timestamp("us", tz="America/Chicago")),
        refused=("column ingested_at", "expected TIMESTAMP"),
    ),
    Case(
        "unknown unit",
        "eia/series",
        spoiled("eia/series", put("unit", "USD/t")),
        refused=("broken.parquet", "column unit", "USD/t"),
    ),
    Case(
        "file changed after it was loaded",
        BARS,
        on_landing(lambda file: file.write_bytes(file.with_name("2023.parquet").read_bytes())),
        refused=("changed after it was loaded",),
    ),
    Case(
        "file vanished after it was loaded",
        BARS,
        on_landing(Path.unlink),
        refused=("vanished after it was loaded",),
    ),
    Case(
        "dates in the future",
        BARS,
        zl(put("trade_date", datetime.date(2024, 8, 1))),
        quarantined=("dated_after_delivery",),
    ),
    Case("prices x 100", BARS, zl(scale(PRICES, 100)), quarantined=("price_out_of_bounds",)),
    Case("prices / 100", BARS, zl(scale(PRICES, 0.01)), quarantined=("price_out_of_bounds",)),
    Case(
        "prices x 2, inside the bounds",
        BARS,
        zl(scale(PRICES, 2)),
        quarantined=("return_out_of_bounds", "price_out_of_bounds"),
    ),
    Case(
        "one key with two values", BARS, zl(twice_with_other_values), quarantined=("conflicting_duplicate",)
    ),
    Case("NaN", BARS, zl(put("close", np.nan)), quarantined=("not_finite",)),
    Case(
        "infinity",
        "fred/observations",
        spoiled("fred/observations", put("value", np.inf)),
        quarantined=("not_finite",),
    ),
    Case("high below low", BARS, zl(put("high", 1.0)), quarantined=("impossible_bar",)),
    Case("negative volume", BARS, zl(put("volume", -5)), quarantined=("impossible_bar",)),
    Case("a handful of contracts", BARS, zl(put("volume", 3)), quarantined=("wrong_contract_volume",)),
    Case("time-zone shift onto a Saturday", BARS, zl(shifted_by_hours), quarantined=("not_a_session",)),
    Case(
        "before the exchange's calendar",
        BARS,
        spoiled(BARS, put("trade_date", datetime.date(1970, 1, 2)), "symbol == 'CL'", 1),
        quarantined=("not_a_session",),
    ),
    Case(
        "before any calendar",
        "fred/observations",
        spoiled(
            "fred/observations",
            put("observation_date", datetime.date(1823, 5, 6)),
            "series_id == 'VIXCLS'",
            1,
        ),
        quarantined=("no_release_time",),
    ),
    Case(
        "next to nothing",
        BARS,
        spoiled(BARS, lambda rows: rows.update({column: [5e-324] for column in PRICES}), "symbol == 'CL'", 1),
        quarantined=("not_finite",),
    ),
    Case("unknown symbol", BARS, zl(put("symbol", "ZLX")), quarantined=("unknown_symbol",)),
    Case("no date", BARS, zl(put("trade_date", None)), quarantined=("missing_key",)),
    Case("off the tick", BARS, zl(lambda rows: rows.update(rows[PRICES] + 0.003)), quarantined=("off_tick",)),
    Case(
        "series nobody knows",
        "fred/observations",
        spoiled("fred/observations", put("series_id", "DGS11")),
        quarantined=("unknown_series",),
    ),
    Case(
        "RIN prices in cents",
        "epa/rin_prices",
        spoiled("epa/rin_prices", scale(["price_usd_per_rin"], 100)),
        quarantined=("price_out_of_bounds",),
    ),
    Case(
        "positions that do not add up",
        "cftc/cot_legacy",
        spoiled("cftc/cot_legacy", lambda rows: rows.update(rows[["noncommercial_long"]] + 100)),
        quarantined=("positions_do_not_add_up",),
    ),
    Case(
        "leading zeros lost",
        "cftc/cot_legacy",
        spoiled("cftc/cot_legacy", put("cftc_contract_code", "7601")),
        quarantined=("unknown_contract",),
    ),
    Case(
        "tone beyond 1",
        "farmdoc_daily/articles",
        spoiled("farmdoc_daily/articles", put("tone", 5.0)),
        quarantined=("tone_out_of_bounds",),
    ),
    Case(
        "negative exports",
        "usda/export_sales",
        spoiled("usda/export_sales", put("weekly_exports_mt", -1.0)),
        quarantined=("negative_exports",),
    ),
    Case("a feed that stands still", BARS, zl(same_close, 7), quarantined=("stale_repeat",)),
]
