"""Fits on a Ray cluster: each is one task on one CPU of any node, computed by a child process as it is here.

A node's task hands its call to a child of `ml.fit_workers`, the very process that computes fits without Ray,
so that threads, limits and bytes are the same. The project's `ml` travels with the tasks; a node whose
libraries, code or processor would give other bytes refuses. A task lost with its node or its process runs
again on another.
"""

import hashlib
import importlib.metadata
import os
import pickle
import platform
import re
import signal
import socket
import sys
import threading
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from ml.fit_workers import CHILD_MEMORY_MB, Worker, WorkerDied

PROJECT = Path(__file__).resolve().parent.parent
MAX_RETRIES = 3
"""How often a fit is begun again after its node or process was lost: a fit that kills nodes must end."""
CONNECT_SECONDS = 5.0
POLL_SECONDS = 1.0
_ADDRESS = re.compile(r"(ray://)?([\w.-]+|\[[0-9A-Fa-f:]+\]):(\d{1,5})")
_IN_PROJECT = "zl-project:"


class ClusterError(RuntimeError):
    """The cluster cannot be used; one line that names its address."""


class Cluster:
    """The cluster at one address, for all threads of this process; connected at the first fit.

    Parameters
    ----------
    address : `host:port` of the head (this machine is then a node) or `ray://host:port` (it need not be).
    """

    def __init__(self, address: str):
        self.address = address
        self.lock = threading.Lock()
        self.ray: ModuleType | None = None
        self.interrupted = threading.Event()

    def refuse_unusable(self) -> None:
        """Find out without a connection what would only be a hang or a traceback later.

        Raises
        ------
        ClusterError
            If Ray is not installed, the address is none, or nobody listens there.
        """
        _imported()
        _refuse_silence(self.address)

    def slots(self) -> int:
        """Fits to have under way: two per CPU, so that one waits there while an answer travels.

        Raises
        ------
        ClusterError
            If the cluster cannot be reached, is of another version or has no CPU.
        """
        with self.lock:
            if self.ray is None:
                self._connect()
            n_cpus = int(self.ray.cluster_resources().get("CPU", 0))
        if n_cpus == 0:
            raise self._unusable("no node has a CPU to fit on")
        return 2 * n_cpus

    def worker(self) -> "ClusterWorker":
        """Something that computes as `ml.fit_workers.Worker` does, on the cluster."""
        return ClusterWorker(self)

    def begin(self, call: bytes) -> Any:
        """Hand a pickled call to the cluster; returns Ray's reference to its answer."""
        return self.task.remote(call, self.expected)

    def _connect(self) -> None:
        self.refuse_unusable()
        ray = _imported()
        code = {"py_modules": [str(PROJECT / "ml")], "excludes": ["__pycache__"]}
        try:
            ray.init(address=self.address, runtime_env=code, log_to_driver=False, logging_level="ERROR")
        except Exception as error:
            raise self._unusable(_one_line(error)) from error
        self.task = ray.remote(num_cpus=1, max_retries=MAX_RETRIES)(compute_on_node)
        self.expected = signature(locked_packages())
        self.ray = ray
        threading.Thread(target=self._watch, name="ctrl-c", daemon=True).start()

    def _watch(self) -> None:
        """Learn of Ctrl-C, which only the main thread of a program hears, from a child that it ends."""
        try:
            Worker().call(signal.pause, {})
        except WorkerDied as death:
            if death.signal == signal.SIGINT:
                self.interrupted.set()

    def _unusable(self, why: str) -> ClusterError:
        return ClusterError(f"RAY_ADDRESS={self.address}: {why}. Mend it, or unset RAY_ADDRESS to fit here.")


class ClusterWorker:
    """One fit at a time on some node; the interface of `ml.fit_workers.Worker`. Not thread safe."""

    peak_mb = 0.0
    """None of this machine's memory; a node's child that grew too large is replaced there."""

    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        self.stopped = threading.Event()

    def call(self, function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
        """`function(**arguments)`, computed on a node.

        Raises
        ------
        WorkerDied
            If the child there ended instead of answering, or the task was lost too often.
        ClusterError
            If the node would give other bytes.
        Exception
            Whatever the function raised.
        """
        ray = self.cluster.ray
        call = (function.__module__, function.__qualname__, _portable_paths(arguments))
        reference = self.cluster.begin(pickle.dumps(call, protocol=5))
        while not ray.wait([reference], timeout=POLL_SECONDS)[0]:
            if self.stopped.is_set() or self.cluster.interrupted.is_set():
                ray.cancel(reference, force=True)
                raise WorkerDied("interrupted", signal.SIGINT)
        try:
            value, error = pickle.loads(ray.get(reference))
        except ray.exceptions.RayError as trouble:
            raise WorkerDied(f"on the Ray cluster: {_one_line(trouble)}", None) from trouble
        if error is not None:
            raise error
        return value

    def stop(self) -> None:
        """Give up what is being computed."""
        self.stopped.set()


@cache
def cluster(address: str) -> Cluster:
    """The one connection of this process to the cluster at `address`."""
    return Cluster(address)


def compute_on_node(call: bytes, expected: dict[str, str]) -> bytes:
    """Run on a node: a pickled `(module, name, arguments)` in, a pickled `(value, error)` out."""
    module, name, arguments = pickle.loads(call)
    child = _child()
    try:
        differing = _differences(expected)
        if differing:
            raise ClusterError(
                f"the Ray node {platform.node()} would give other bytes: {differing}. Give it this project's "
                "requirements.lock, code and kind of processor, or take it out of the cluster."
            )
        answer = (child.ask((module, name, _local_paths(arguments))), None)
    except Exception as error:
        answer = (None, error)
    if child.peak_mb > CHILD_MEMORY_MB:
        child.stop()
    return pickle.dumps(answer, protocol=5)


def signature(packages: list[str]) -> dict[str, str]:
    """What decides a fit's bytes beside its call: Python, processor, our code and the packages' versions."""
    versions = {package: _version(package) for package in packages}
    return {"Python": platform.python_version(), "processor": _processor(), "ml": _code_hash()} | versions


def locked_packages() -> list[str]:
    """Names of everything requirements.lock pins."""
    lines = (PROJECT / "requirements.lock").read_text().splitlines()
    return [line.split("==")[0] for line in lines if "==" in line]


@cache
def _child() -> Worker:
    """This node process's child. Ray's own copies of libraries must not come before ours."""
    rays = str(Path(_imported().__file__).parent)
    return Worker([path for path in sys.path if not path.startswith(rays)])


_matches: dict[str, str] = {}


def _differences(expected: dict[str, str]) -> str:
    """How this node differs from what is expected ("numpy 2.1.0, not 2.3.4"), asked of its child once."""
    key = repr(expected)
    if key not in _matches:
        packages = [name for name in expected if name not in ("Python", "processor", "ml")]
        here = _child().ask((__name__, "signature", {"packages": packages}))
        wrong = [
            f"{name} {here[name]}, not {value}" for name, value in expected.items() if here[name] != value
        ]
        more = f" (and {len(wrong) - 3} more)" if len(wrong) > 3 else ""
        _matches[key] = "; ".join(wrong[:3]) + more
    return _matches[key]


def _imported() -> ModuleType:
    # Without these, which Ray reads while it loads, it tries for ever when nodes run out of memory, and tells
    # its maker how it is used.
    os.environ.setdefault("RAY_task_oom_retries", str(MAX_RETRIES))
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
        import ray.exceptions
    except ImportError as error:
        raise ClusterError(
            "RAY_ADDRESS is set and effort is full, but Ray is not installed here "
            f"({error}): `make env-ray` installs it, or unset RAY_ADDRESS to fit here."
        ) from None
    return ray


def _refuse_silence(address: str) -> None:
    """Ray itself tries an address where nobody listens for minutes."""
    parts = _ADDRESS.fullmatch(address)
    if not parts:
        raise ClusterError(f"RAY_ADDRESS={address}: expected host:port or ray://host:port.")
    try:
        socket.create_connection((parts[2].strip("[]"), int(parts[3])), CONNECT_SECONDS).close()
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"RAY_ADDRESS={address}: nobody answers there ({error}). Start the cluster's head "
            "(ray start --head), or unset RAY_ADDRESS to fit here."
        ) from None


def _portable_paths(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments with paths into this project marked: a node has its own copy of `ml`."""
    here = f"{PROJECT}{os.sep}"
    return {
        name: _IN_PROJECT + value.removeprefix(here)
        if isinstance(value, str) and value.startswith(here)
        else value
        for name, value in arguments.items()
    }


def _local_paths(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: str(PROJECT / value.removeprefix(_IN_PROJECT))
        if isinstance(value, str) and value.startswith(_IN_PROJECT)
        else value
        for name, value in arguments.items()
    }


def _processor() -> str:
    """Maker and vector instructions: libraries choose their kernels, and so their rounding, by these."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    fields = dict(re.findall(r"^(\w+)\s*:\s*(.*)$", text.split("\n\n")[0], re.MULTILINE))
    vectors = [flag for flag in sorted(fields.get("flags", "").split()) if re.match("avx|fma|amx|sse4", flag)]
    return " ".join([platform.machine(), fields.get("vendor_id", ""), *vectors])


@cache
def _code_hash() -> str:
    digest = hashlib.sha256()
    for file in sorted((PROJECT / "ml").rglob("*.py")):
        digest.update(f"{file.relative_to(PROJECT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "missing"


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:300].rstrip(".") or type(error).__name__
