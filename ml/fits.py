"""A fit is a value: a content-addressed store of fits and the processes that make the missing ones.

A fit's key is a fingerprint of its rows, its parameters, the source of the modules that compute it and the
versions of the packages that learn. What has the same key is loaded; the rest runs in child processes, one
thread each, shared by all dbt threads, or on a Ray cluster (`choose_workers`). Every result is stored the
moment it exists, so a killed build resumes where it was.
"""

import atexit
import hashlib
import importlib.metadata
import json
import os
import pickle
import sys
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, wait
from dataclasses import dataclass, field
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ml.fit_pool import FitError, WorkerPool
from ml.fit_workers import Worker

if TYPE_CHECKING:
    from ml.ray_cluster import ClusterWorker

MAGIC = b"zlfit1\n"
PROGRESS_SECONDS = 10.0


class FitCounts(NamedTuple):
    """What this process fitted so far."""

    made: int
    reused: int
    peak_child_mb: float


@dataclass(frozen=True, eq=False)
class Fit:
    """One call of `function(**arguments)` whose value is cached.

    Parameters
    ----------
    kind : name of the family of fits; part of the key.
    name : how messages call this one ("crush 1m 2014-01-01"); not part of the key.
    function : importable, pure; returns something picklable. Called as `function(**arguments)`.
    arguments : numpy arrays, strings, numbers, None, and tuples, lists or dicts of them.
    code : modules whose source is part of the key: all that decide the value. One given by name is not
        imported here.
    packages : distributions whose installed version is part of the key.
    guards : further arguments of `function` that do not decide the value (a time limit that only ever fails).
    """

    kind: str
    name: str
    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    code: tuple[ModuleType | str, ...]
    packages: tuple[str, ...] = ("numpy",)
    guards: Mapping[str, Any] = field(default_factory=dict)

    @property
    def key(self) -> str:
        """Fingerprint of everything that decides the value; hex."""
        source = {name: _source_hash(file) for name, file in self._code_files().items()}
        versions = {package: _version(package) for package in self.packages}
        return fingerprint(self.kind, self.function.__qualname__, self.arguments, source, versions)

    def refuse_changed_code(self) -> None:
        """Raise FitError if a file of `code` is not what the key says: a new child imports what is there."""
        for file in self._code_files().values():
            if _source_hash.__wrapped__(file) != _source_hash(file):
                raise FitError(f"{file} was changed during the build; nothing is stored. Run it again.")

    def _code_files(self) -> dict[str, str]:
        names = [module if isinstance(module, str) else module.__name__ for module in self.code]
        return {name: find_spec(name).origin for name in names}


@dataclass(frozen=True, eq=False)
class RowFit(Fit):
    """A fit that forecasts rows: `function(**arguments)` returns a model as bytes.

    The model is stored under the key and each row's forecast beside it, so that rows already forecast need
    neither model nor library. A row's forecast must not depend on the other rows.

    Parameters
    ----------
    predict : importable; (bytes, (n, k) float array) -> (n, m) float array.
    rows : shape (n, k), float64. Rows to forecast; not part of the key.
    """

    predict: Callable[[bytes, NDArray], NDArray] | None = None
    rows: NDArray | None = None


class FitStore:
    """Values by key in a folder; readers see a whole value or none.

    A value that was damaged on disk (its hash stands in its header) counts as absent and is removed.
    """

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def get(self, key: str) -> bytes | None:
        """The value, or None if there is none (or only a damaged one)."""
        file = self._file(key)
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            return None
        head, value = content[: len(MAGIC) + 32], content[len(MAGIC) + 32 :]
        if head != MAGIC + hashlib.sha256(value).digest():
            print(f"{file}: damaged, fitted anew", file=sys.stderr)
            file.unlink(missing_ok=True)
            return None
        return value

    def put(self, key: str, value: bytes) -> None:
        """Store a value: written beside, then renamed, so that a kill leaves no half of it."""
        file = self._file(key)
        file.parent.mkdir(parents=True, exist_ok=True)
        # Not tempfile: its files are the owner's alone, and a cache may be shared.
        beside = file.parent / f".part-{uuid.uuid4().hex}"
        try:
            with open(beside, "xb") as out:
                out.write(MAGIC + hashlib.sha256(value).digest() + value)
            os.replace(beside, file)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise

    def _file(self, key: str) -> Path:
        return self.path / key[:2] / key


def default_store() -> FitStore:
    """The store named by the environment variable ZL_CACHE, `.zl_cache` without it."""
    return FitStore(os.environ.get("ZL_CACHE") or ".zl_cache")


def fingerprint(*parts: Any) -> str:
    """Hex SHA-256 of values, independent of the machine and of the order of dict keys.

    Takes numpy arrays of numbers, dates or booleans (dtype, shape and bytes; every NaN is the same NaN),
    strings, bytes, numbers, None, and tuples, lists, dicts and pydantic models of them.

    Raises
    ------
    TypeError
        For a value without a stable byte form (object arrays, frames, callables).
    """
    digest = hashlib.sha256()
    for part in parts:
        _feed(digest, part)
    return digest.hexdigest()


def choose_workers(effort: str) -> str:
    """Let fits run where this effort and the environment say; returns the place in words.

    With effort full and RAY_ADDRESS (Ray's own name for it) they run on that cluster, otherwise in child
    processes here. The cluster is joined only when something has to be fitted.

    Raises
    ------
    ClusterError
        If Ray is not installed, or nobody listens at the address.
    """
    global _pool
    address = os.environ.get("RAY_ADDRESS") if effort == "full" else None
    _pool.stop()
    if address:
        from ml.ray_cluster import cluster

        cluster(address).refuse_unusable()
        _pool = WorkerPool(cluster(address).worker, cluster(address).slots, _tally.saw_peak)
        return f"on the Ray cluster at {address}"
    _pool = _local_pool()
    return "here"


def run_fits(tasks: Sequence[Fit], label: str, store: FitStore | None = None) -> list[Any]:
    """Values of all tasks, in order: stored ones loaded, missing ones made by the chosen workers.

    A `Fit` gives what its function returned; a `RowFit` the forecasts of its rows, shape (n, m). Safe to call
    from several threads; all of them share the workers. Shows what is left on stderr when it takes long.

    Raises
    ------
    FitError
        If a fit raised or its process died; those already made stay stored.
    ClusterError
        If there is something to fit and the Ray cluster cannot be used.
    """
    store = store or default_store()
    answers: list[Any] = [None] * len(tasks)
    running: dict[Future, int] = {}
    for position, task in enumerate(tasks):
        job = _RowJob(task, store) if isinstance(task, RowFit) else _Job(task, store)
        if job.done:
            answers[position] = job.answer()
            _tally.add(reused=1)
        else:
            running[_pool.submit(job)] = position
    _wait(list(running), label)
    for future, position in running.items():
        answers[position] = future.result()
    return answers


def fit_counts() -> FitCounts:
    """Fits made and reused by this process so far, and the largest memory any child held, in MB."""
    return _tally.counts()


class _Job:
    """One task between store and child."""

    def __init__(self, task: Fit, store: FitStore):
        self.name, self.task, self.store, self.key = task.name, task, store, task.key
        self.value = store.get(self.key)
        self.done = self.value is not None

    def answer(self) -> Any:
        return pickle.loads(self.value)

    def run(self, worker: "Worker | ClusterWorker") -> Any:
        value = worker.call(self.task.function, {**self.task.arguments, **self.task.guards})
        self.task.refuse_changed_code()
        self.store.put(self.key, pickle.dumps(value, protocol=5))
        _tally.add(made=1)
        return value


class _RowJob:
    """One row-forecasting task between store and child; asks a child only for rows not forecast before."""

    def __init__(self, task: RowFit, store: FitStore):
        self.name, self.task, self.store, self.key = task.name, task, store, task.key
        self.rows = _canonical(np.ascontiguousarray(task.rows, dtype=np.float64))
        self.names = [hashlib.blake2b(row.tobytes(), digest_size=16).digest() for row in self.rows]
        stored = store.get(self._rows_key())
        self.known: dict[bytes, NDArray] = pickle.loads(stored) if stored else {}
        self.done = all(name in self.known for name in self.names)

    def answer(self) -> NDArray:
        return np.array([self.known[name] for name in self.names])

    def run(self, worker: "Worker | ClusterWorker") -> NDArray:
        model = self.store.get(self.key)
        if model is None:
            model = worker.call(self.task.function, {**self.task.arguments, **self.task.guards})
            self.task.refuse_changed_code()
            self.store.put(self.key, model)
            _tally.add(made=1)
        else:
            _tally.add(reused=1)
        missing = [place for place, name in enumerate(self.names) if name not in self.known]
        values = worker.call(self.task.predict, {"model": model, "rows": self.rows[missing]})
        self.task.refuse_changed_code()
        self.known |= {self.names[place]: value for place, value in zip(missing, values, strict=True)}
        self.store.put(self._rows_key(), pickle.dumps(self.known, protocol=5))
        return self.answer()

    def _rows_key(self) -> str:
        return fingerprint("rows", self.key)


class _Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.made = self.reused = 0
        self.peak_child_mb = 0.0

    def add(self, made: int = 0, reused: int = 0) -> None:
        with self.lock:
            self.made += made
            self.reused += reused

    def saw_peak(self, megabytes: float) -> None:
        with self.lock:
            self.peak_child_mb = max(self.peak_child_mb, megabytes)

    def counts(self) -> FitCounts:
        with self.lock:
            return FitCounts(self.made, self.reused, self.peak_child_mb)


def worker_count() -> int:
    """Child processes at once: one per core this process may use."""
    usable = getattr(os, "sched_getaffinity", None)
    return len(usable(0)) if usable else os.cpu_count() or 1


def _local_pool() -> WorkerPool:
    return WorkerPool(Worker, lambda: worker_count(), _tally.saw_peak)


def _wait(futures: list[Future], label: str) -> None:
    """Wait for all, saying on stderr what is left every ten seconds. Raises the first failure at once."""
    began = time.monotonic()
    left = set(futures)
    while left:
        done, left = wait(left, timeout=PROGRESS_SECONDS, return_when=FIRST_EXCEPTION)
        for future in done:
            if future.exception():
                for waiting in left:
                    waiting.cancel()
                raise future.exception()
        made = len(futures) - len(left)
        if left:
            print(
                _progress_line(label, made, len(futures), time.monotonic() - began),
                file=sys.stderr,
                flush=True,
            )


def _progress_line(label: str, made: int, total: int, seconds: float) -> str:
    if made == 0:
        return f"{label}: 0 of {total} fits"
    rest = seconds / made * (total - made)
    about = f"{rest:.0f} s" if rest < 90 else f"{rest / 60:.0f} min"
    return f"{label}: {made} of {total} fits, about {about} left"


def _feed(digest: Any, part: Any) -> None:
    if hasattr(part, "model_dump"):
        part = part.model_dump()
    if isinstance(part, np.ndarray):
        if part.dtype.kind not in "biufmM":
            raise TypeError(
                f"fingerprint: arrays of {part.dtype} have no stable bytes; pass numbers or dates."
            )
        digest.update(f"array {part.dtype.str} {part.shape} ".encode())
        digest.update(np.ascontiguousarray(_canonical(part)).view(np.uint8).data)
    elif isinstance(part, bytes | str):
        content = part.encode() if isinstance(part, str) else part
        digest.update(f"{type(part).__name__} {len(content)} ".encode() + content)
    elif isinstance(part, Mapping):
        digest.update(f"mapping {len(part)} ".encode())
        for key in sorted(part):
            _feed(digest, key)
            _feed(digest, part[key])
    elif isinstance(part, tuple | list):
        digest.update(f"sequence {len(part)} ".encode())
        for item in part:
            _feed(digest, item)
    elif part is None or isinstance(part, bool | int | float | np.generic):
        value = part.item() if isinstance(part, np.generic) else part
        digest.update(f"{type(value).__name__} {json.dumps(value)} ".encode())
    else:
        raise TypeError(f"fingerprint: {type(part).__name__} has no stable bytes.")


def _canonical(array: NDArray) -> NDArray:
    """The same floats with one bit pattern for every NaN and no negative zero."""
    if array.dtype.kind != "f":
        return array
    return np.where(np.isnan(array), array.dtype.type(np.nan), array + 0.0)


@cache
def _source_hash(file: str) -> str:
    return hashlib.sha256(Path(file).read_bytes()).hexdigest()


@cache
def _version(package: str) -> str:
    return importlib.metadata.version(package)


_tally = _Tally()
_pool = _local_pool()
atexit.register(lambda: _pool.stop())
