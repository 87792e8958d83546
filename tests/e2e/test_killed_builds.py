"""kill -9 at random moments: nothing torn is served, and the same command ends in the same bytes."""

import random
import shutil
import signal
import subprocess
import time

import pytest
from builds import PROJECT, command, copy_database, fingerprints, fit_cache, main_job, scratch

SEED = 20240628
KILLS_ALWAYS, KILLS_IN_PROOF = 2, 20


def kill_moments(build_seconds: float, kills: int) -> list[float]:
    """Seconds after which builds are killed, over the whole length of one."""
    rng = random.Random(SEED)
    return [rng.uniform(0.05, 1.0) * build_seconds for _ in range(kills)]


def start_main_job(db):
    """The main command as a running process."""
    line, environment = command("build", "--select", "+zl_predictions", db=db)
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
def test_a_killed_build_serves_the_old_set_and_its_rerun_ends_in_the_same_bytes(
    sample_build, tmp_path, monkeypatch, kills
):
    reference = fingerprints(sample_build[0])
    monkeypatch.setenv("ZL_CACHE", str(shutil.copytree(fit_cache(), tmp_path / "cache")))
    db = tmp_path / "zl.duckdb"
    copy_database(sample_build[0], db)
    began = time.monotonic()
    assert main_job(db).code == 0
    for moment in kill_moments(time.monotonic() - began, kills):
        drop_some_fits(tmp_path / "cache")
        scratch(db).unlink(missing_ok=True)
        build = start_main_job(db)
        try:
            build.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            build.send_signal(signal.SIGKILL)
            build.wait()
        assert fingerprints(db) == reference, f"torn after a kill at {moment:.1f} s"
        rerun = main_job(db)
        assert rerun.code == 0, rerun.output
        assert fingerprints(db) == reference, f"other bytes after a kill at {moment:.1f} s"


def drop_some_fits(cache) -> None:
    """Take every fortieth fit out of the cache, so that a build has something to fit when it is killed."""
    for file in sorted(file for file in cache.rglob("*") if file.is_file())[::40]:
        file.unlink()
