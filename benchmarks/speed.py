"""Where the time of a build goes and what the floor is, written into docs/benchmark.md.

    python -m benchmarks.speed ../shared/landing [--effort standard] [--cache FOLDER]

Builds in an empty database: with the two newest sessions of the bars held back, with the first delivered (the
next day), once more with nothing new, and, as README's daily command does it, without unit tests, the other
session and nothing new again. Without `--cache` the first build is a cold one that makes every fit. Then one
date's simulation, one light fit beside the bare training of its estimators, and the volatility benchmarks on
simulated markets of 1, 2, 4 and 8 times the instruments and the history.

CPU seconds count every process of a build; threads wait for each other, so their seconds only share it out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from benchmarks.page import write_part
from benchmarks.speed_of_parts import fit_part, markdown, scaling_part, simulation_part

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs" / "benchmark.md"
DBT = Path(sys.executable).with_name("dbt")
STACKING = {"stacked_predictions", "ensemble_weights", "ensemble_predictions", "calibrated_quantiles"}
LEGEND = """
`start`: interpreter, libraries, parse. Behind it, seconds of the four threads: `sql` models and seeds,
`calendars`, `benchmarks` (volatility of all roots), `fits` (specialists, main, Chronos: keys, stored values,
missing fits), `stacking` (stackers, weights, calibration), `simulation`, `tests` of the data, `unit tests`,
`hooks` (refusals, quality log, publishing).
"""
FLOOR = """
**The floor.** dbt with nothing to do (`dbt show --inline 'select 1'`: interpreter, libraries, saved parse)
takes {start:.1f} CPU s; a test of a key, {each:.0f} CPU ms (mean of {n_cheap}). {n_nodes} nodes at that
price and nothing else are {floor:.0f} CPU s, in one process whose threads share Python's lock: about as
many wall seconds.
"""


class Cost(NamedTuple):
    """What a command took, seconds; `cpu` counts user and system time of all its processes."""

    wall: float
    cpu: float


def main() -> None:
    """Measure everything and write the page."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("landing", type=Path)
    parser.add_argument("--effort", default="standard", choices=["quick", "standard", "full"])
    parser.add_argument("--cache", type=Path, help="finished fits to start from; default: none, a cold build")
    asked = parser.parse_args()
    os.environ |= {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    parts = [
        simulation_part(),
        fit_part(),
        scaling_part(),
        "".join(build_parts(asked.landing, asked.effort, asked.cache)),
    ]
    machine = f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"
    given = f"{asked.landing} --effort {asked.effort}{' --cache ...' if asked.cache else ''}"
    head = (
        f"Written by `python -m benchmarks.speed {given}`; {machine}. Wall seconds depend on what else the "
        "machine does,\nCPU seconds (user and system, all processes) far less.\n"
    )
    text = "\n".join([head, *reversed(parts)])
    print(text)
    write_part(PAGE, "speed", text)


def build_parts(landing: Path, effort: str, cache: Path | None) -> Iterator[str]:
    """The three builds, the daily command, and what dbt costs with nothing to do."""
    with tempfile.TemporaryDirectory(prefix="zl-speed-") as folder:
        deliveries, db = Path(folder) / "landing", Path(folder) / "zl.duckdb"
        shutil.copytree(landing, deliveries, copy_function=shutil.copyfile)
        for inside in (deliveries, *deliveries.rglob("*")):  # deliveries may be protected against writing
            inside.chmod(0o755)
        store = Path(folder) / "cache"
        if cache:
            shutil.copytree(cache, store)
        newest, day_before = hold_back_newest_session(deliveries), hold_back_newest_session(deliveries)
        variables = json.dumps({"landing": str(deliveries), "effort": effort})
        run = partial(dbt, db=db, store=store)
        build = ("build", "--select", "+zl_predictions", "--vars", variables)
        daily = (*build, "--exclude-resource-type", "unit_test")
        rows = {}
        rows["first build, fits stored" if cache else "cold build"] = measured_build(run, db, build)
        day_before()
        rows["next day"] = measured_build(run, db, build)
        rows["unchanged"] = measured_build(run, db, build)
        newest()
        rows["next day, without unit tests"] = measured_build(run, db, daily)
        rows["unchanged, without unit tests"] = measured_build(run, db, daily)
        start = run("show", "--inline", "select 1", "--vars", variables)
        cheap = run("test", "--select", "+zl_predictions,tag:dq_uniqueness", "--vars", variables)
        n_cheap = len(results_of(db))
    yield "### Builds\n\n" + build_table(rows)
    each = (cheap.cpu - start.cpu) / n_cheap
    n_nodes = rows["unchanged"][2]
    floor = start.cpu + each * n_nodes
    yield FLOOR.format(start=start.cpu, each=1000 * each, n_cheap=n_cheap, n_nodes=n_nodes, floor=floor)


def hold_back_newest_session(deliveries: Path) -> Callable[[], None]:
    """Take the last session out of the bars; the function given back delivers it as a file of its own."""
    folder = deliveries / "databento" / "ohlcv_1d"
    bars = f"read_parquet('{folder}/*.parquet')"
    (last,) = duckdb.sql(f"select max(trade_date)::varchar from {bars}").fetchone()
    later = {}
    for file in sorted(folder.glob("*.parquet")):
        n_last = duckdb.sql(f"select count(*) from '{file}' where trade_date = '{last}'").fetchone()[0]
        if n_last:
            held, kept = folder / f"{last}_{file.name}", folder / f"{file.name}.kept"
            for name, condition in ((held, "="), (kept, "!=")):
                duckdb.sql(
                    f"copy (from '{file}' where trade_date {condition} '{last}') to '{name}' (format parquet)"
                )
            later[held] = held.read_bytes()
            held.unlink()
            kept.replace(file)

    def deliver() -> None:
        for file, content in later.items():
            file.write_bytes(content)

    return deliver


def dbt(*arguments: str, db: Path, store: Path) -> Cost:
    """Run dbt to its end.

    Raises
    ------
    SystemExit
        If it failed, with the last lines it printed.
    """
    environment = os.environ | {
        "ZL_DB": str(db),
        "ZL_CACHE": str(store),
        "DBT_LOG_PATH": str(db.parent / "logs"),
    }
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    line = [str(DBT), "--no-use-colors", *arguments, "--target-path", str(db.parent / "target")]
    done = subprocess.run(line, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False)
    wall, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode:
        raise SystemExit("\n".join(done.stdout.splitlines()[-20:]))
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"{' '.join(arguments[:3])}: {wall:.0f} s, {cpu:.0f} CPU s", file=sys.stderr, flush=True)
    return Cost(wall, cpu)


def measured_build(run: Callable, db: Path, arguments: tuple[str, ...]) -> tuple[Cost, Counter, int]:
    """Cost of a build, the seconds of its threads by kind of work, and the number of its nodes."""
    cost = run(*arguments)
    shares: Counter = Counter()
    for result in results_of(db):
        shares[kind_of(result)] += result["execution_time"]
    record = json.loads((db.parent / "target" / "run_results.json").read_text())
    shares["start"] = cost.wall - record["elapsed_time"]
    return cost, shares, len(record["results"])


def results_of(db: Path) -> list[dict[str, Any]]:
    """Results of the last dbt command."""
    return json.loads((db.parent / "target" / "run_results.json").read_text())["results"]


def kind_of(result: dict[str, Any]) -> str:
    """What a node's seconds were spent on."""
    kind, _, name, *_ = result["unique_id"].split(".")
    if kind == "model":
        if any((PROJECT / "models").rglob(f"{name}.py")):
            if name == "monte_carlo_scenarios":
                return "simulation"
            if name == "benchmark_forecasts":
                return "benchmarks"
            return "stacking" if name in STACKING else "calendars" if "calendar" in name else "fits"
        return "stacking" if name in STACKING else "sql"
    return {"test": "tests", "unit_test": "unit tests", "seed": "sql", "operation": "hooks"}[kind]


def build_table(rows: dict[str, tuple[Cost, Counter, int]]) -> str:
    """Wall and CPU seconds of each build, and the seconds of its threads by kind."""
    kinds = [
        "start",
        "sql",
        "calendars",
        "benchmarks",
        "fits",
        "stacking",
        "simulation",
        "tests",
        "unit tests",
        "hooks",
    ]
    header = ["", "nodes", "wall s", "CPU s", *kinds]
    lines = [
        [name, str(n), f"{cost.wall:.0f}", f"{cost.cpu:.0f}", *(f"{shares[kind]:.1f}" for kind in kinds)]
        for name, (cost, shares, n) in rows.items()
    ]
    return markdown(header, lines) + LEGEND


if __name__ == "__main__":
    main()
