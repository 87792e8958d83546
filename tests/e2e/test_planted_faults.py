"""Every planted fault turns the check meant for it red, and that names it; without it the check is green.
So it is where something true was planted.

Faults whose checks differ are planted together, so that a handful of builds prove them all.
"""

import json
import os
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import pytest
from builds import PROJECT, copy_database, dbt, knowing_our_functions, scratch, staging_job
from live_only import deliver_live_only
from planted_faults import DIMENSIONS, FAULTS, LAYERS, TRUE_EVENTS, Fault

SEED = 20240628
SAMPLE = PROJECT / "landing" / "sample"
DOCUMENT = PROJECT / "docs" / "quality_faults.md"
SOURCES = {"databento", "fred", "eia", "epa", "usda", "cftc", "farm_policy_news", "farmdoc_daily", *LAYERS}
IN_DELIVERIES = [
    fault for fault in FAULTS if not (fault.is_above_staging or fault.is_live_only or fault.clock)
]


def one_of_each_dimension(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """A seeded choice of a fault per dimension, no source twice."""
    rng, chosen = random.Random(SEED), []
    for dimension in DIMENSIONS:
        sources = {fault.source for fault in chosen}
        chosen.append(rng.choice([f for f in faults if f.dimension == dimension and f.source not in sources]))
    return tuple(chosen)


ALWAYS = one_of_each_dimension(IN_DELIVERIES)
MARKED = [
    pytest.param(fault, id=fault.fault, marks=[] if fault in ALWAYS else [pytest.mark.proof])
    for fault in FAULTS
]
STATUS = {"pass": "pass", "warn": "warn", "fail": "error"}  # as dbt writes it, as we say it


@dataclass(frozen=True)
class Verdict:
    """What a check said: `pass`, `warn` or `error`, its tags, and every offending row as text."""

    status: str
    tags: frozenset[str]
    offenders: tuple[str, ...]

    def names(self, words: str) -> bool:
        """Whether one offending row holds all the words."""
        return any(all(word in row for word in words.split()) for row in self.offenders)


def batches(faults: Sequence[Fault]) -> list[tuple[Fault, ...]]:
    """Faults that are planted together: one clock, one build, no check twice; as few batches as possible."""
    result = []
    for kind in sorted({(*build_of(fault), fault.clock) for fault in faults}):
        alike = [fault for fault in faults if (*build_of(fault), fault.clock) == kind]
        counts = Counter(fault.check for fault in alike)
        filled = [[] for _ in range(max(counts.values()))]
        for fault in alike:
            free = [batch for batch in filled if fault.check not in {other.check for other in batch}]
            min(free, key=len).append(fault)
        result += [tuple(batch) for batch in filled]
    return result


def build_of(fault: Fault) -> tuple[bool, bool]:
    """Which sound build it is planted in: the main job's or that of the deliveries; of the sample as it is,
    or with the tables only live sources deliver."""
    return fault.is_above_staging, fault.is_live_only


def verdicts(db: Path, landing: Path, checks: Sequence[str], clock: str) -> dict[str, Verdict]:
    """Run the checks on what is built in `db`."""
    variables = {"landing": str(landing)} | ({"clock": clock} if clock else {})
    outcome = dbt("test", "--select", *sorted(set(checks)), db=db, variables=variables)
    target = db.with_suffix(".target")
    nodes = json.loads((target / "manifest.json").read_text())["nodes"]
    results = json.loads((target / "run_results.json").read_text())["results"]
    results = [result for result in results if result["unique_id"].startswith("test.")]
    found = {}
    with knowing_our_functions(duckdb.connect(str(scratch(db)), read_only=True)) as connection:
        for result in results:
            node = nodes[result["unique_id"]]
            assert result["status"] in STATUS, f"{node['name']}: {result['message']}\n{outcome.output}"
            rows = offending_rows(connection, result["compiled_code"])
            found[node["name"]] = Verdict(STATUS[result["status"]], frozenset(node["tags"]), rows)
    missing = set(checks) - found.keys()
    assert not missing, f"dbt knows no such checks: {sorted(missing)}\n{outcome.output}"
    return found


def offending_rows(connection, compiled_code: str) -> tuple[str, ...]:
    """Rows a check returns; of those with an alarm level only the alarming ones."""
    rows = connection.sql(f"select * from ({compiled_code})")
    if "alarm" in rows.columns:
        rows = rows.filter("alarm > 0")
    return tuple(" ".join(map(str, row)) for row in rows.fetchall())


@dataclass
class Laboratory:
    """Builds of the sample with faults in them, each made when it is first asked for."""

    request: pytest.FixtureRequest
    folder: Path
    found: dict[tuple[Fault, ...] | tuple[bool, bool], dict[str, Verdict]] = field(default_factory=dict)
    rows: list[tuple[Fault, bool]] = field(default_factory=list)

    @cached_property
    def batches(self) -> list[tuple[Fault, ...]]:
        """The always-run faults, then the rest, then what is no fault."""
        return (
            batches(ALWAYS)
            + batches([fault for fault in FAULTS if fault not in ALWAYS])
            + batches(TRUE_EVENTS)
        )

    def spoiled(self, fault: Fault) -> Verdict:
        """The verdict on a fault among those it is planted with."""
        batch = next(batch for batch in self.batches if fault in batch)
        if batch not in self.found:
            self.found[batch] = self._build(batch)
        return self.found[batch][fault.check]

    def sound(self, fault: Fault) -> Verdict:
        """The same check on the same build without any fault."""
        key = build_of(fault)
        if key not in self.found:
            checks = [each.check for each in FAULTS if build_of(each) == key]
            folder = Path(tempfile.mkdtemp(dir=self.folder))
            if fault.is_live_only:
                self.found[key] = self._judged(*self._staged((), folder), checks)
            else:
                self.found[key] = self._judged(self._copy_of(fault.is_above_staging, folder), SAMPLE, checks)
        return self.found[key][fault.check]

    def _build(self, faults: tuple[Fault, ...]) -> dict[str, Verdict]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        clock = faults[0].clock
        if faults[0].is_above_staging:
            db, landing = self._copy_of(True, folder), SAMPLE
        else:
            db, landing = self._staged(faults, folder)
        with duckdb.connect(str(scratch(db))) as connection:
            for statement in filter(None, (fault.statement for fault in faults)):
                assert connection.execute(statement).fetchone()[0] > 0, f"Nothing to spoil: {statement}"
        return self._judged(db, landing, [fault.check for fault in faults], clock)

    def _staged(self, faults: tuple[Fault, ...], folder: Path) -> tuple[Path, Path]:
        """The staging layers of a copy of the sample with the faults in it, and that copy; without faults, of
        one with the tables only live sources deliver."""
        db, landing = folder / "zl.duckdb", folder / "landing"
        shutil.copytree(SAMPLE, landing)
        if not faults or faults[0].is_live_only:
            deliver_live_only(landing)
        for fault in faults:
            fault.spoil(landing)
        outcome = staging_job(db, landing, faults[0].clock if faults else "")
        assert outcome.code == 0, outcome.output
        return db, landing

    def _copy_of(self, is_above_staging: bool, folder: Path) -> Path:
        """A sound build to work on: the main job's, or the staging layers alone."""
        source = "sample_build" if is_above_staging else "staged_sample"
        build = self.request.getfixturevalue(source)
        copy_database(build[0] if is_above_staging else build, folder / "zl.duckdb")
        return folder / "zl.duckdb"

    def _judged(self, db: Path, landing: Path, checks: Sequence[str], clock: str = "") -> dict[str, Verdict]:
        answer = verdicts(db, landing, checks, clock)
        shutil.rmtree(db.parent)
        return answer


@pytest.fixture(scope="module")
def laboratory(request, tmp_path_factory) -> Iterator[Laboratory]:
    laboratory = Laboratory(request, tmp_path_factory.mktemp("faults"))
    yield laboratory
    table = fault_table(laboratory.rows)
    with request.config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        print("\n" + table)
    # Only the whole proof may write the page (`make faults`).
    if "ZL_FAULT_TABLE" in os.environ and len(laboratory.rows) == len(FAULTS):
        Path(os.environ["ZL_FAULT_TABLE"]).write_text(document(table))


def fault_table(rows: Sequence[tuple[Fault, bool]]) -> str:
    """Fault, source, dimension, check and whether it was caught, in Markdown."""
    lines = ["| fault | source | dimension | check | caught |", "| --- | --- | --- | --- | --- |"]
    for fault, is_caught in rows:
        caught = fault.status if is_caught else "MISSED"
        lines.append(f"| {fault.fault} | {fault.source} | {fault.dimension} | `{fault.check}` | {caught} |")
    return "\n".join(lines) + "\n"


def document(table: str) -> str:
    """The page docs/quality_faults.md."""
    n_caught = len(FAULTS) - table.count("| MISSED |")
    return (
        "# Planted faults\n\n"
        "Written by `make faults`: each fault is planted in a copy of the sample's deliveries (with sound\n"
        "ones of a table only live sources deliver, where it is in that), or of the tables built from them,\n"
        "and the one check meant for it has to turn red (warn or error, as listed), name the planted row,\n"
        "and be green without the fault. How each is planted stands in\n"
        "`tests/e2e/planted_faults.csv`.\n\n"
        f"{n_caught} of {len(FAULTS)} caught.\n\n{table}"
    )


@pytest.mark.parametrize("fault", MARKED)
def test_a_planted_fault_is_found_by_its_check(laboratory, fault: Fault):
    sound, spoiled = laboratory.sound(fault), laboratory.spoiled(fault)
    complaints = [
        words
        for is_wrong, words in (
            (sound.status != "pass", f"is {sound.status} without any fault: {sound.offenders[:5]}"),
            (spoiled.status != fault.status, f"says {spoiled.status} to it: {spoiled.offenders[:5]}"),
            (not spoiled.names(fault.named), f"does not name {fault.named}: {spoiled.offenders[:5]}"),
            (not {f"dq_{fault.dimension}", fault.source} <= spoiled.tags, f"has tags {spoiled.tags}"),
        )
        if is_wrong
    ]
    laboratory.rows.append((fault, not complaints))
    assert not complaints, "; ".join(f"{fault.check} {words}" for words in complaints)


@pytest.mark.parametrize("event", TRUE_EVENTS, ids=[event.fault for event in TRUE_EVENTS])
def test_a_true_event_turns_no_check_red(laboratory, event: Fault):
    seen = laboratory.spoiled(event)
    assert seen.status == "pass", f"{event.check} says {seen.status}: {seen.offenders[:5]}"
    assert {f"dq_{event.dimension}", event.source} <= seen.tags


def test_every_dimension_has_six_faults_and_every_source_is_hit():
    by_dimension = Counter(fault.dimension for fault in FAULTS)
    assert set(by_dimension) == set(DIMENSIONS)
    assert min(by_dimension.values()) >= 6 and len(FAULTS) >= 45, by_dimension
    assert {fault.source for fault in FAULTS} >= SOURCES
    assert len({fault.fault for fault in FAULTS}) == len(FAULTS)


def test_the_document_lists_every_fault_as_caught():
    assert DOCUMENT.read_text() == document(fault_table([(fault, True) for fault in FAULTS]))
