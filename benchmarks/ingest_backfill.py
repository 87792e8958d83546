"""Time and memory of a first backfill of all sources, and of a run behind it that finds nothing new.

    python benchmarks/ingest_backfill.py [SOURCE]... [--years 15]

Simulates that many years of deliveries, starts the publishers' imitations (tests/ingest/publishers) in a
process of their own, ingests from them into an empty folder as `zl ingest --all` does, without the pauses
publishers ask for, and prints a row a source. Exit code 1 when a source failed, the first backfill took two
minutes or longer, or the ingesting process held 1 GiB or more.
"""

from __future__ import annotations

import argparse
import datetime as dt
import multiprocessing as mp
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

PROJECT = Path(__file__).parents[1]
PUBLISHERS = PROJECT / "tests" / "ingest" / "publishers"
LAST_DATE = dt.date(2024, 6, 28)
FIRST_RUN, SECOND_RUN = dt.datetime(2024, 7, 2, 6), dt.datetime(2024, 7, 2, 12)
TARGET_SECONDS, TARGET_MIB = 120, 1024


@dataclass(frozen=True)
class Measured:
    """One source in one run; the peak is the whole process's while this source was fetched."""

    source: str
    rows: int
    files: int
    seconds: float
    cpu_seconds: float
    peak_mib: float
    error: str | None


def main() -> int:
    """Measure, print, and say whether the targets hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sources", nargs="*", metavar="SOURCE", help="default: all")
    parser.add_argument("--years", type=int, default=15)
    asked = parser.parse_args()
    if unknown := set(asked.sources) - names_of_sources().keys():
        parser.error(f"no source {', '.join(sorted(unknown))}; there are {', '.join(names_of_sources())}")
    spawn = mp.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="zl-backfill-") as scratch:
        printed, landing = Path(scratch) / "publishers", Path(scratch) / "landing"
        started = time.perf_counter()
        simulation = spawn.Process(target=simulate, args=(printed, asked.years))
        simulation.start()
        simulation.join()
        if simulation.exitcode:
            return 1
        print(f"{asked.years} years simulated in {time.perf_counter() - started:.0f} s", file=sys.stderr)
        here, there = spawn.Pipe()
        server = spawn.Process(target=serve, args=(printed, there), daemon=True)
        server.start()
        there.close()
        variables = here.recv()
        results, sender = spawn.Pipe(duplex=False)
        runs = spawn.Process(target=two_runs, args=(asked.sources, landing, variables, sender))
        runs.start()
        sender.close()
        first, second = results.recv()
        runs.join()
        here.send("enough")
        server.join()
    return report(first, second)


def names_of_sources() -> dict[str, None]:
    """All sources, in the registry's order."""
    sys.path.insert(0, str(PROJECT))
    from ingest.sources import SOURCES

    return dict.fromkeys(SOURCES)


def simulate(folder: Path, years: int) -> None:
    """The simulated market's deliveries of the last `years` years."""
    sys.path.insert(0, str(PROJECT))
    from sample.market import write_deliveries

    write_deliveries(folder, first_date=LAST_DATE.replace(year=LAST_DATE.year - years), last_date=LAST_DATE)


def serve(folder: Path, parent: Connection) -> None:
    """All imitations on one port, until told to stop; sends the variables that lead there."""
    sys.path[:0] = [str(PROJECT), str(PUBLISHERS)]
    from everyone import everyone
    from server import PublisherServer

    publishers, keys = everyone(folder)
    with PublisherServer(publishers) as server:
        parent.send({**server.variables(), **keys})
        parent.recv()


def two_runs(names: list[str], folder: Path, variables: dict[str, str], sender: Connection) -> None:
    """A first backfill and a run behind it; sends both lists of `Measured`."""
    sys.path.insert(0, str(PROJECT))
    from ingest.sources import SOURCES

    chosen = names or list(SOURCES)
    sender.send(
        [
            [one_source(SOURCES[name], folder, variables, now) for name in chosen]
            for now in (FIRST_RUN, SECOND_RUN)
        ]
    )


def one_source(source, folder: Path, variables: dict[str, str], now: dt.datetime) -> Measured:
    """Fetch one source as far as it goes."""
    from ingest.landed import Landed
    from ingest.run import ingest

    files_before = len(list(folder.rglob("*.parquet")))
    forget_peak()
    started, cpu_started = time.perf_counter(), time.process_time()
    landed = Landed(folder, now=lambda: now)
    (outcome,) = ingest([source], folder, variables, landed=landed, in_a_hurry=True)
    return Measured(
        source.name,
        sum(outcome.new_rows.values()),
        len(list(folder.rglob("*.parquet"))) - files_before,
        time.perf_counter() - started,
        time.process_time() - cpu_started,
        peak_mib(),
        outcome.error,
    )


def forget_peak() -> None:
    """Start measuring the peak anew, where the system lets a process do so (Linux)."""
    marks = Path("/proc/self/clear_refs")
    if marks.exists():
        marks.write_text("5")


def peak_mib() -> float:
    """Largest resident memory of this process since `forget_peak`."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    unit = 1024**2 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit


def report(first: list[Measured], second: list[Measured]) -> int:
    """Print a row a source and the whole; 0 when the targets hold and nothing failed."""
    head = (
        f"{'source':20}{'rows':>10}{'files':>7}{'s':>8}{'CPU s':>8}{'MiB':>7}{'again s':>9}{'again rows':>12}"
    )
    print(head)
    for one, again in zip(first, second, strict=True):
        print(
            f"{one.source:20}{one.rows:>10,}{one.files:>7,}{one.seconds:>8.1f}{one.cpu_seconds:>8.1f}"
            f"{one.peak_mib:>7.0f}{again.seconds:>9.1f}{again.rows:>12,}"
        )
        for error in filter(None, dict.fromkeys([one.error, again.error])):
            print(f"    {error}")
    seconds, peak = sum(one.seconds for one in first), max(one.peak_mib for one in first + second)
    print(
        f"{'all':20}{sum(one.rows for one in first):>10,}{sum(one.files for one in first):>7,}{seconds:>8.1f}"
        f"{sum(one.cpu_seconds for one in first):>8.1f}{peak:>7.0f}{sum(one.seconds for one in second):>9.1f}"
        f"{sum(one.rows for one in second):>12,}"
    )
    holds = seconds < TARGET_SECONDS and peak < TARGET_MIB
    verdict = "met" if holds else "MISSED"
    print(f"target: first backfill under {TARGET_SECONDS} s and {TARGET_MIB} MiB: {verdict}")
    return 0 if holds and not any(one.error for one in first + second) else 1


if __name__ == "__main__":
    sys.exit(main())
