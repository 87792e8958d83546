"""The backfill's benchmark runs, and its targets hold."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "ingest_backfill.py"


def measured(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, SCRIPT, *arguments], capture_output=True, text=True)


def test_a_year_of_one_source_is_measured():
    run = measured("databento", "--years", "1")
    assert run.returncode == 0, run.stdout + run.stderr
    row, whole, verdict = run.stdout.splitlines()[1:]
    assert row.split()[0] == "databento" and int(row.split()[1].replace(",", "")) > 8_000
    assert row.split()[-1] == "0", "a second run lands nothing"
    assert whole.split()[0] == "all" and verdict.endswith("met")


@pytest.mark.proof
def test_fifteen_years_of_all_sources_take_under_two_minutes_and_a_gibibyte():
    run = measured()
    assert run.returncode == 0, run.stdout + run.stderr
