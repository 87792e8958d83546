"""Broken deliveries are refused or quarantined by name; none changes what was known before."""

import random
import shutil
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from broken_deliveries import CASES, Case, put, spoiled
from builds import PROJECT, Outcome, copy_database, dbt, rows, scratch, table_fingerprint

SEED = 20240628
N_ALWAYS = 5
SAMPLE = PROJECT / "landing" / "sample"
SELECTION = ["+quarantine", "+int_bars__roll_neutral", "+int_series__editions", "+int_zl__sessions"]
ALWAYS = {case.name for case in random.Random(SEED).sample(CASES, N_ALWAYS)}
MARKED = [
    pytest.param(case, id=case.name, marks=[] if case.name in ALWAYS else [pytest.mark.proof])
    for case in CASES
]


def build_staging(landing: Path, db: Path) -> Outcome:
    """Everything up to what the features read, with its tests."""
    return dbt(
        "build",
        "--select",
        *SELECTION,
        "--exclude",
        "test_type:unit",
        db=db,
        variables={"landing": str(landing)},
    )


def known_before(db: Path) -> dict[str, tuple]:
    """What features and axis are made of, up to the sample's last session."""
    cuts = {
        "staging.int_bars__roll_neutral": "trade_date <= date '2024-06-28'",
        "staging.int_zl__sessions": "as_of_date <= date '2024-06-28'",
        "staging.int_series__editions": "true",
    }
    with duckdb.connect(str(scratch(db)), read_only=True) as connection:
        return {
            name: table_fingerprint(connection, name, ("is_latest",), where) for name, where in cuts.items()
        }


@pytest.fixture(scope="module")
def staged(tmp_path_factory) -> tuple[Path, Path]:
    """A landing folder with the sample and a database with its staging layers."""
    folder = tmp_path_factory.mktemp("deliveries")
    landing = folder / "landing"
    shutil.copytree(SAMPLE, landing)
    outcome = build_staging(landing, folder / "zl.duckdb")
    assert scratch(folder / "zl.duckdb").exists(), outcome.output
    return landing, folder / "zl.duckdb"


@pytest.mark.parametrize("case", MARKED)
def test_a_broken_delivery_is_named_and_changes_nothing_known(staged, tmp_path, case: Case):
    landing, base = staged
    before = known_before(base)
    db = tmp_path / "zl.duckdb"
    copy_database(base, db)
    shutil.rmtree(landing)
    shutil.copytree(SAMPLE, landing)
    case.deliver(landing, landing / case.table / "broken.parquet")
    try:
        outcome = build_staging(landing, db)
    finally:
        shutil.rmtree(landing)
        shutil.copytree(SAMPLE, landing)
    if case.refused:
        assert outcome.code != 0
        assert outcome.says("Refused delivery", *case.refused), outcome.output
    else:
        found = rows(
            scratch(db),
            "select distinct quarantine_reason from staging.quarantine where file like '%broken.parquet'",
        )
        assert {reason for (reason,) in found} & set(case.quarantined), (found, outcome.output)
        assert outcome.says("Quarantined", "broken.parquet"), outcome.output
    assert known_before(db) == before


@pytest.mark.proof
def test_a_residual_below_zero_is_sound(tmp_path):
    landing, table = tmp_path / "landing", "usda/wasde"
    shutil.copytree(SAMPLE / table, landing / table)
    spoiled(table, put("value", -22.0), "attribute == 'Residual'", 1)(
        landing, landing / table / "later.parquet"
    )
    outcome = dbt(
        *("build", "--select", "+stg_usda__wasde", "--exclude", "test_type:unit"),
        db=tmp_path / "zl.duckdb",
        variables={"landing": str(landing)},
    )
    assert outcome.code == 0 and "Quarantined" not in outcome.output, outcome.output
    found = rows(scratch(tmp_path / "zl.duckdb"), "select min(value) from staging.stg_usda__wasde")
    assert found == [(-22.0,)]


@pytest.mark.proof
def test_a_gap_of_a_month_turns_completeness_red(tmp_path):
    landing = tmp_path / "landing"
    shutil.copytree(SAMPLE, landing)
    file = landing / "databento" / "ohlcv_1d" / "2023.parquet"
    bars = pq.read_table(file)
    frame = bars.to_pandas()
    months = frame["trade_date"].astype(str).str[:7]
    pq.write_table(bars.filter((~((months == "2023-03") & (frame["symbol"] == "ZL"))).to_numpy()), file)
    outcome = build_staging(landing, tmp_path / "zl.duckdb")
    assert outcome.code != 0
    assert outcome.says("assert_zl_has_no_gap_of_a_week"), outcome.output
