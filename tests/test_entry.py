"""The doors: `make` and CI refuse in one line what they cannot do."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]


@pytest.fixture
def bare_clone(tmp_path) -> Path:
    """The files a fresh clone's `make` and CI look at first, with no ../shared beside them."""
    project = tmp_path / "project"
    project.mkdir()
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(PROJECT / name, project / name)
    shutil.copytree(PROJECT / ".ci", project / ".ci")
    return project


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL", "PYTHON")}
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("python", ["no-such-python", "false"])
def test_make_without_python_3_11_says_so_and_makes_nothing(bare_clone, python):
    done = run("make", "forecast", f"PYTHON={python}", cwd=bare_clone)
    assert done.returncode != 0
    assert f"zl needs Python 3.11 and '{python}' is not one" in done.stderr
    assert not (bare_clone / ".venv").exists()


def test_ci_without_the_real_market_history_fails_loudly(bare_clone):
    done = run(".ci/run", cwd=bare_clone)
    assert done.returncode != 0
    assert "../shared/landing is missing" in done.stderr


def test_a_ready_environment_is_not_made_again(bare_clone):
    (bare_clone / ".venv").mkdir()
    (bare_clone / ".venv" / ".ready").touch()
    done = run("make", "env", cwd=bare_clone)
    assert done.returncode == 0 and "Making the environment" not in done.stdout


def test_clean_keeps_what_is_served(bare_clone):
    for name in ("zl.duckdb", "zl.duckdb.build"):
        (bare_clone / name).touch()
    assert run("make", "clean", cwd=bare_clone).returncode == 0
    assert (bare_clone / "zl.duckdb").exists() and not (bare_clone / "zl.duckdb.build").exists()


@pytest.mark.parametrize("processes", ["0", "2"])
def test_tests_that_need_the_real_history_are_left_out_aloud_and_refused_in_ci(tmp_path, processes):
    tests = tmp_path / "project" / "tests"
    tests.mkdir(parents=True)
    for name in ("conftest.py", "served_database.py"):
        shutil.copy(PROJECT / "tests" / name, tests / name)
    (tests / "test_two.py").write_text(
        "import pytest\ndef test_here(): pass\n@pytest.mark.shared\ndef test_there(): pass\n"
    )
    pytest_here = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"]
    pytest_here += ["--numprocesses", processes, "tests"]
    environment = {k: v for k, v in os.environ.items() if k != "CI"}
    kwargs = {"cwd": tests.parent, "capture_output": True, "text": True, "check": False}
    alone = subprocess.run(pytest_here, env=environment, **kwargs)
    # The process that prints has collected nothing and counts nothing as deselected.
    passed = "= 1 passed, 1 deselected" if processes == "0" else "= 1 passed"
    assert alone.returncode == 0 and passed in alone.stdout
    assert "1 tests left out: they need the real market history" in alone.stdout
    in_ci = subprocess.run(pytest_here, env=environment | {"CI": "true"}, **kwargs)
    assert in_ci.returncode != 0 and "../shared/landing is missing" in in_ci.stdout + in_ci.stderr
