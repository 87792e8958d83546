"""A forecast that knows too much is never served unnoticed: each planted leak turns the test it names red."""

import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from builds import PROJECT, Outcome, copy_database, copy_project, dbt, scratch
from planted_leaks import LEAKS, Leak

SEED = 20240628
N_ALWAYS = 5
SAMPLE = PROJECT / "landing" / "sample"
BASE = ["+bucket_scores", "+targets", "+walk_forward_windows"]
SLOW = ("test_specialists.py", "test_stacking.py", "test_a_cut_leaves")  # these fit learners first
QUICK = [leak for leak in LEAKS if not any(word in leak.red for word in SLOW)]
ALWAYS = tuple(random.Random(SEED).sample(QUICK, N_ALWAYS))
MARKED = [
    pytest.param(leak, id=leak.name, marks=[] if leak in ALWAYS else [pytest.mark.proof]) for leak in LEAKS
]


@dataclass(frozen=True)
class Laboratory:
    """A copy of the project to plant faults in, and what its models need, built without any fault."""

    project: Path
    base: Path
    db: Path

    def run(self, leaks: Sequence[Leak]) -> list[Outcome]:
        """Rebuild what the leaks spoil, from sound parents, and run the tests they name; no others.

        At most three commands: unit tests by `dbt test` (`dbt build` leaves out those whose model it does not
        build), data tests by `dbt build`, the rest by pytest.
        """
        unit_tests = {leak.red for leak in leaks if leak.is_unit_test}
        data_tests = [leak for leak in leaks if not leak.is_python and not leak.is_unit_test]
        rebuilt = {name for leak in data_tests for name in (leak.red, *leak.rebuilt)}
        nodes = {leak.red for leak in leaks if leak.is_python}
        outcomes = [
            self._dbt(verb, names) for verb, names in (("test", unit_tests), ("build", rebuilt)) if names
        ]
        return [*outcomes, *([self._pytest(nodes)] if nodes else [])]

    def _dbt(self, verb: str, names: set[str]) -> Outcome:
        copy_database(self.base, self.db)
        selection = ["--select", *sorted(names), "--indirect-selection", "empty"]
        return dbt(verb, *selection, db=self.db, variables={"landing": str(SAMPLE)}, project=self.project)

    def _pytest(self, nodes: set[str]) -> Outcome:
        """With the copy's own package."""
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-m", "", *sorted(nodes)],
            cwd=self.project,
            env=os.environ | {"PYTHONPATH": str(self.project)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        return Outcome(done.returncode, done.stdout)


@pytest.fixture(scope="module")
def laboratory(tmp_path_factory) -> Laboratory:
    folder = tmp_path_factory.mktemp("leaks")
    project = copy_project(folder / "project")
    shutil.copy(PROJECT / "pyproject.toml", project)
    db = folder / "zl.duckdb"
    sound = ["--select", *BASE, "--exclude-resource-type", "test", "unit_test"]
    outcome = dbt("build", *sound, db=db, variables={"landing": str(SAMPLE)}, project=project)
    assert outcome.code == 0 and scratch(db).exists(), outcome.output
    copy_database(db, folder / "base.duckdb")
    return Laboratory(project, folder / "base.duckdb", db)


@pytest.fixture
def planted(laboratory, leak: Leak) -> Iterator[Laboratory]:
    """The laboratory with the leak in it; taken out again afterwards."""
    file = laboratory.project / leak.file
    sound = file.read_text()
    file.write_text(sound.replace(leak.found, leak.planted))
    yield laboratory
    file.write_text(sound)


@pytest.mark.parametrize("leak", LEAKS, ids=[leak.name for leak in LEAKS])
def test_what_a_leak_replaces_stands_in_its_file_once(leak):
    assert (PROJECT / leak.file).read_text().count(leak.found) == 1


@pytest.mark.parametrize(
    "leaks", [pytest.param(ALWAYS, id="some"), pytest.param(LEAKS, id="all", marks=pytest.mark.proof)]
)
def test_without_a_leak_every_named_test_is_green(laboratory, leaks):
    outcomes = laboratory.run(leaks)
    for outcome in outcomes:
        assert outcome.code == 0, outcome.output
    by_dbt = [leak.red for leak in leaks if not leak.is_python]
    unknown = [name for name in by_dbt if not any(outcome.says(name) for outcome in outcomes)]
    assert not unknown, f"dbt knows no test {unknown[0]}"


@pytest.mark.parametrize("leak", MARKED)
def test_a_planted_leak_turns_its_test_red(planted, leak):
    (outcome,) = planted.run([leak])
    kind = "FAILED" if leak.is_python else f"Failure in {'unit_test' if leak.is_unit_test else 'test'}"
    assert outcome.code != 0
    assert outcome.says(f"{kind} {leak.red}"), outcome.output
    # red for what it found, not because it could not run
    assert not any(outcome.says(f"{error} Error in") for error in ("Runtime", "Compilation")), outcome.output
