"""Peers and their stored forecasts: each part runs in a child process, is measured, and is never made twice.

A part is stored as `<peer>-<part>.parquet` beside a `.json` with its cost and key. The key covers the peer's
code, the market it saw and the libraries: what changed is made anew, what a killed run left is kept.
"""

from __future__ import annotations

import ast
import hashlib
import importlib.metadata
import json
import pickle
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from benchmarks.market import Market
from benchmarks.measure import run_measured

PROJECT = Path(__file__).parents[1]
PEERS_FOLDER = PROJECT / "benchmarks" / "peers"
LIBRARIES = (
    "autogluon.timeseries",
    "autogluon.tabular",
    "statsforecast",
    "arch",
    "lightgbm",
    "catboost",
    "scikit-learn",
    "numpy",
    "pandas",
)
MARKET = "benchmarks/market.py"
PRICE_MODELS = "benchmarks/price_models.py"


@dataclass(frozen=True)
class Peer:
    """A module of `benchmarks/peers`, in words what it is and how it is fitted.

    `reads` are the files of the project its forecasts follow from, beside its module and the market's;
    `years` limits a costly one to test years, each a part of its own.
    """

    module: str
    label: str
    schedule: str
    reads: tuple[str, ...] = ()
    years: tuple[int, ...] | None = None


PEERS = (
    Peer(
        "autogluon_timeseries",
        "AutoGluon TimeSeries, 10 covariates",
        "log price, its `light` collection without hub models; fitted every January, at most 120 s a fit",
    ),
    Peer(
        "autogluon_timeseries_less_direct",
        "... without DirectTabular",
        "the same, less the model that breaks down on prices it has not seen",
        ("benchmarks/peers/autogluon_timeseries.py",),
    ),
    Peer(
        "random_walk",
        "statsforecast random walk",
        "log price; intervals of all returns so far",
        (PRICE_MODELS,),
    ),
    Peer(
        "auto_ets",
        "statsforecast AutoETS",
        "log price; estimated every month, state carried on",
        (PRICE_MODELS,),
    ),
    Peer(
        "auto_arima",
        "statsforecast AutoARIMA",
        "log price; estimated every 4 months, state carried on",
        (PRICE_MODELS,),
    ),
    Peer("garch", "statsforecast GARCH(1,1)", "returns; estimated every 4 months, variance filtered on"),
    Peer(
        "gjr_fhs",
        "arch GJR-GARCH-t, drift, FHS",
        "returns; estimated every 4 months, variance and residuals filtered on, 4,000 paths an origin",
    ),
    Peer("lightgbm_quantile", "LightGBM quantiles", "raw returns, the whole matrix; fitted every January"),
    Peer(
        "textbook",
        "textbook recipe",
        "raw returns, `main`'s columns; LightGBM, CatBoost and extra trees, random 8-fold bagging, one stack "
        "level; fitted in January of the test year, a fit per horizon",
        reads=("ml/buckets/main.yml",),
        years=(2018, 2021),
    ),
)


@dataclass(frozen=True)
class Run:
    """A peer's forecasts (None when it failed) and what they took."""

    peer: Peer
    forecasts: pd.DataFrame | None
    cpu_seconds: float
    peak_mib: float
    failure: str | None = None
    """Why there are no forecasts."""


def peer_run(peer: Peer, market: Market, folder: Path, is_asked: bool = True) -> Run:
    """The forecasts of all parts of `peer`; parts that are stored are read, the others made if `is_asked`.

    A part that fails leaves no file and is tried again by the next run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    frames, cpu_seconds, peak_mib = [], 0.0, 0.0
    for part, origins in parts(peer, market).items():
        stored = folder / f"{peer.module}-{part}.parquet"
        seen = market.until(origins)
        key = part_key(peer, seen)
        if not is_stored(stored, key):
            if not is_asked:
                return Run(peer, None, cpu_seconds, peak_mib, "not run")
            failure = make_part(peer, seen, stored, key)
            if failure:
                return Run(peer, None, cpu_seconds, peak_mib, f"failed: {failure}")
        cost = json.loads(stored.with_suffix(".json").read_text())
        cpu_seconds += cost["cpu_seconds"]
        peak_mib = max(peak_mib, cost["peak_mib"])
        frames.append(pd.read_parquet(stored))
    if not frames:
        return Run(peer, None, 0.0, 0.0, "not run: no row in its test years")
    return Run(peer, pd.concat(frames, ignore_index=True), cpu_seconds, peak_mib)


def peer_runs(
    peers: Sequence[Peer], market: Market, folder: Path, asked: Sequence[str] | None = None, jobs: int = 1
) -> list[Run]:
    """All peers' runs in order, `jobs` children at once; `asked` limits which are made now, by module."""
    with ThreadPoolExecutor(jobs) as pool:
        running = [
            pool.submit(peer_run, peer, market, folder, asked is None or peer.module in asked)
            for peer in peers
        ]
        return [run.result() for run in running]


def parts(peer: Peer, market: Market) -> dict[str, np.ndarray]:
    """Origins by name of the part: all of them, or those of each test year that has any."""
    if peer.years is None:
        return {"all": market.origins}
    years = market.dates[market.origins].astype("datetime64[Y]").astype(int) + 1970
    by_year = {str(year): market.origins[years == year] for year in peer.years}
    return {year: origins for year, origins in by_year.items() if len(origins)}


def part_key(peer: Peer, market: Market) -> str:
    """Fingerprint of all a part's forecasts follow from."""
    digest = hashlib.sha256()
    for file in (
        PROJECT / MARKET,
        PEERS_FOLDER / f"{peer.module}.py",
        *(PROJECT / name for name in peer.reads),
    ):
        digest.update(code_of(file) if file.suffix == ".py" else file.read_bytes())
    digest.update(json.dumps([versions(), market.horizons, list(market.covariates)]).encode())
    for values in (market.dates, market.returns, market.covariates.to_numpy(), market.origins):
        digest.update(np.ascontiguousarray(values).tobytes())
    return digest.hexdigest()


def code_of(source: Path) -> bytes:
    """What a module does: its code without comments, layout and docstrings."""
    tree = ast.parse(source.read_text())
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)
            and ast.get_docstring(node) is not None
        ):
            node.body[0] = ast.Pass()
    return ast.dump(tree).encode()


def is_stored(stored: Path, key: str) -> bool:
    """Whether a whole run of this very part is there."""
    card = stored.with_suffix(".json")
    return stored.exists() and card.exists() and json.loads(card.read_text())["key"] == key


def make_part(peer: Peer, market: Market, stored: Path, key: str) -> str | None:
    """Run one part in a child and store it; the last line of what went wrong, or None."""
    given, log = stored.with_suffix(".market"), stored.with_suffix(".log")
    stored.with_suffix(".json").unlink(missing_ok=True)
    stored.unlink(missing_ok=True)
    given.write_bytes(pickle.dumps(market))
    print(f"{stored.stem}: {len(market.origins)} origins ...", file=sys.stderr, flush=True)
    command = [sys.executable, "-m", "benchmarks.peer_process", peer.module, str(given), str(stored)]
    measured = run_measured(command, log)
    given.unlink()
    if measured.exit_code or not stored.exists():
        lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
        failure = lines[-1].strip() if lines else f"ended with exit code {measured.exit_code}"
        print(f"{stored.stem}: failed: {failure}", file=sys.stderr, flush=True)
        return failure
    # Renamed into place: half a card would end every later run.
    card, written = stored.with_suffix(".json"), stored.with_suffix(".json.new")
    written.write_text(
        json.dumps({"key": key, "cpu_seconds": measured.cpu_seconds, "peak_mib": measured.peak_mib})
    )
    written.replace(card)
    print(f"{stored.stem}: {measured.cpu_seconds:.0f} CPU s", file=sys.stderr, flush=True)
    return None


def versions() -> dict[str, str]:
    """Installed versions of the libraries the peers are made of; missing ones say so."""
    found = {}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = "not installed"
    return found
