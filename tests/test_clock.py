"""The pipeline's clock goes by what the files say of themselves, not by the name of their folder."""

import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

PROJECT = Path(__file__).parents[1]
LABEL = "SYNTHETIC: of a test"


@pytest.mark.parametrize(
    ("folder", "label", "clock"),
    [("deliveries", LABEL, "max(ingested_at)"), ("landing/sample", "a market", "now()")],
)
def test_a_synthetic_landing_is_as_old_as_its_last_delivery_wherever_it_lies(tmp_path, folder, label, clock):
    landing = tmp_path / folder
    bars = landing / "databento" / "ohlcv_1d" / "2024.parquet"
    bars.parent.mkdir(parents=True)
    duckdb.sql(
        f"copy (select 'ZL' as symbol) to '{bars}' (format parquet, kv_metadata {{origin: '{label}'}})"
    )
    done = compiled("select {{ clock_at() }} as clock, {{ data_origin() }} as origin", landing, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert clock in done.stdout
    assert ("'sample' as origin" in done.stdout) == (label == LABEL)


@pytest.mark.parametrize("landing", ["sample", "./sample", "/sample"])
def test_a_folder_that_is_called_sample_does_not_read_like_the_sample(tmp_path, landing):
    done = compiled("select {{ data_origin() }} as origin", landing, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "/sample' as origin" in done.stdout


def compiled(query: str, landing: Path | str, folder: Path) -> subprocess.CompletedProcess:
    """What dbt makes of a query for a landing folder."""
    return subprocess.run(
        [
            *(str(Path(sys.executable).with_name("dbt")), "--quiet", "compile", "--inline", query),
            *("--vars", f"{{landing: {landing}}}", "--target-path", str(folder / "target")),
        ],
        cwd=PROJECT,
        env=os.environ | {"ZL_DB": str(folder / "zl.duckdb"), "ZL_CACHE": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
