"""`make bench`: the project against what a user would pick instead, on the same rows and the same machine.

    python -m benchmarks.skill real.duckdb [--into docs/benchmark.md]
    python -m benchmarks.skill --landing ../shared/landing

The second builds the project first, cold, and measures that too. Each peer runs in a process of its own and
is stored in `target/bench`: a killed run goes on where it was, and a peer that fails stands in the table as
failed and stops no other. Exit code 1 when one did.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import sys
from pathlib import Path

from benchmarks.market import read_forecasts, read_market
from benchmarks.measure import run_measured
from benchmarks.page import Cost, page_part, write_part
from benchmarks.peer_runs import PEERS, peer_runs
from zl.served import ServedError, open_served

FOLDER = Path("target/bench")
FALLBACK_QUERY = "select distinct model_name from forecasts.driver_weights where is_fallback"
NO_DATABASE = (
    "No database to compare with. make bench DB=FILE takes one that dbt build --select +zl_predictions made; "
    "make bench LANDING=FOLDER builds one first."
)


def main() -> int:
    """Build if asked, run what is not stored yet, print and write the tables."""
    parser = argparse.ArgumentParser(prog="benchmarks.skill", description=__doc__.splitlines()[0])
    parser.add_argument("database", nargs="?", type=Path, help="a served database (ZL_DB)")
    parser.add_argument("--landing", help="build the project on this landing first and measure the build")
    parser.add_argument("--peers", help="make only these, by module, comma-separated; stored ones are read")
    parser.add_argument("--jobs", type=int, default=1, help="peers at once (default 1)")
    parser.add_argument("--into", type=Path, help="write the tables between this page's markers")
    asked = parser.parse_args()
    modules = None if asked.peers is None else asked.peers.split(",")
    if unknown := set(modules or []) - {peer.module for peer in PEERS}:
        parser.error(f"no peer {', '.join(sorted(unknown))}; there are {', '.join(p.module for p in PEERS)}")
    try:
        if asked.landing is None and asked.database is None:
            raise ServedError(NO_DATABASE)
        database = build_project(asked.landing) if asked.landing else asked.database
        with open_served(database) as served:
            market, rows = read_market(served), read_forecasts(served)
            run = served.rows("select * from ops.training_runs limit 1")[0]
            (fallback,) = served.rows(FALLBACK_QUERY)
    except ServedError as error:
        print(error, file=sys.stderr)
        return 1
    runs = peer_runs(PEERS, market, FOLDER / "peers", modules, asked.jobs)
    text = page_part(
        market,
        dict(list(rows.groupby("model_name"))),
        fallback["model_name"],
        runs,
        stored_cost(run["run_id"]),
        origin=f"{run['data_origin']} (effort {run['effort']}, data through {run['last_as_of_date']})",
        command=f"make bench {f'LANDING={asked.landing}' if asked.landing else f'DB={database.name}'}",
    )
    print(text)
    if asked.into:
        write_part(asked.into, "peers", text)
    return int(any(run.failure for run in runs))


def build_project(landing: str) -> Path:
    """A whole build of the project with an empty cache, measured; kept until the code or its run changes.

    Raises
    ------
    ServedError
        The build failed; its log tells why.
    """
    from ml.dbt_plugin import code_fingerprint

    folder = FOLDER / "project"
    database, card = folder / "zl.duckdb", folder / "cost.json"
    files = sorted(Path(landing).rglob("*.parquet"))
    data = hashlib.sha256(b"".join(hashlib.sha256(file.read_bytes()).digest() for file in files)).hexdigest()
    key = f"{Path(landing).resolve()} {data} {code_fingerprint()}"
    if card.exists() and json.loads(card.read_text())["key"] == key:
        return database
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    print(f"Building the project on {landing}, cold ...", file=sys.stderr, flush=True)
    measured = run_measured(
        [
            *(str(Path(sys.executable).with_name("dbt")), "build", "--select", "+zl_predictions"),
            *("--vars", json.dumps({"landing": landing, "effort": "standard"})),
            *("--target-path", str(folder / "target")),
        ],
        folder / "build.log",
        os.environ | {"ZL_DB": str(database), "ZL_CACHE": str(folder / "fits")},
    )
    if measured.exit_code:
        raise ServedError(f"The build of the project failed; see {folder / 'build.log'}.")
    with open_served(database) as served:
        run_id = served.rows("select run_id from ops.training_runs")[0]["run_id"]
    cost = {"key": key, "run_id": run_id, "cpu_seconds": measured.cpu_seconds, "peak_mib": measured.peak_mib}
    card.write_text(json.dumps(cost))
    return database


def stored_cost(run_id: str) -> Cost | None:
    """What the build behind this run took, if it was made here."""
    card = FOLDER / "project" / "cost.json"
    cost = json.loads(card.read_text()) if card.exists() else {}
    return Cost(cost["cpu_seconds"], cost["peak_mib"]) if cost.get("run_id") == run_id else None


if __name__ == "__main__":
    sys.exit(main())
