"""kill -9 at random moments: readers see one whole set, the same command ends in the same bytes."""

import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from builds import PROJECT, command, copy_database, fingerprints, fit_cache, main_job, scratch

SEED = 20240628
KILLS_ALWAYS, KILLS_IN_PROOF = 1, 20
PRICES = Path("imf") / "commodity_prices"


def kill_moments(build_seconds: float, kills: int) -> list[float]:
    """Seconds after which builds are killed, over the whole length of one; every fourth near its end."""
    rng = random.Random(SEED)
    return [rng.uniform(0.9 if number % 4 == 3 else 0.05, 1.0) * build_seconds for number in range(kills)]


def deliver_once_more(landing: Path) -> None:
    """A later delivery that says nothing new: every forecast stays, but it is another run that serves it."""
    file = sorted((landing / PRICES).glob("*.parquet"))[-1]
    rows = pq.read_table(file).slice(0, 1)
    place = rows.schema.get_field_index("ingested_at")
    later = pc.add(rows.column("ingested_at"), pa.scalar(86_400_000_000, pa.duration("us")))
    pq.write_table(
        rows.set_column(place, rows.schema.field("ingested_at"), later), landing / PRICES / "later.parquet"
    )


def start_main_job(db, landing):
    """The main command as a running process."""
    line, environment = command(
        "build", "--select", "+zl_predictions", db=db, variables={"landing": str(landing)}
    )
    return subprocess.Popen(
        line, cwd=PROJECT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )


@pytest.mark.parametrize(
    "kills",
    [
        pytest.param(KILLS_ALWAYS, id="subset"),
        pytest.param(KILLS_IN_PROOF, id="all", marks=pytest.mark.proof),
    ],
)
def test_a_killed_build_serves_the_old_set_or_the_new_and_its_rerun_ends_in_the_same_bytes(
    sample_build, tmp_path, monkeypatch, kills
):
    assert fit_cache().is_dir(), "the sample's build leaves its fits for the builds that are killed"
    landing = shutil.copytree(PROJECT / "landing" / "sample", tmp_path / "landing")
    variables = {"landing": str(landing)}
    monkeypatch.setenv("ZL_CACHE", str(shutil.copytree(fit_cache(), tmp_path / "cache")))
    old_db, db = tmp_path / "old.duckdb", tmp_path / "zl.duckdb"
    assert main_job(old_db, variables=variables).code == 0
    old = fingerprints(old_db)
    deliver_once_more(landing)
    restore(old_db, db)
    began = time.monotonic()
    assert main_job(db, variables=variables).code == 0
    build_seconds = time.monotonic() - began
    new = fingerprints(db)
    run_models = [name for name in old if name in new and old[name] != new[name]]
    assert len(run_models) > 10, "every relation a run made has to tell the two runs apart"
    for moment in kill_moments(build_seconds, kills):
        drop_some_fits(tmp_path / "cache")
        restore(old_db, db)
        build = start_main_job(db, landing)
        try:
            build.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            build.send_signal(signal.SIGKILL)
            build.wait()
        assert fingerprints(db) in (old, new), f"torn after a kill at {moment:.1f} s"
        rerun = main_job(db, variables=variables)
        assert rerun.code == 0, rerun.output
        assert fingerprints(db) == new, f"other bytes after a kill at {moment:.1f} s"


def restore(old_db: Path, db: Path) -> None:
    """Serve the old set again, with nothing left of a killed build beside it."""
    for file in db.parent.glob(f"{db.name}*.wal"):
        file.unlink()
    copy_database(old_db, db)
    scratch(db).unlink()


def drop_some_fits(cache) -> None:
    """Take every fortieth fit out of the cache, so that a build has something to fit when it is killed."""
    for file in sorted(file for file in cache.rglob("*") if file.is_file())[::40]:
        file.unlink()
