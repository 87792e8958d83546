"""Child processes that compute: one thread each, never outliving their parent.

A child is a fresh interpreter (no fork of a process with threads, no second run of anybody's main script).
It talks through its standard input and output in pickles, each behind eight bytes of length. When the parent
goes, by whatever signal, its end of the pipe closes and the child leaves at once; on Linux the kernel also
ends it.
"""

import ctypes
import importlib
import os
import pickle
import queue
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

ENVIRONMENT = {
    # Two OpenMP threads on a busy two-core box are twenty times slower than one (measured); must be set
    # before the libraries load.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    # Nothing a fit does may reach for the network.
    "HF_HUB_OFFLINE": "1",
    "PYTHONWARNINGS": "ignore",
}
CHILD_MEMORY_MB = 1400
"""A child that has ever held more is replaced after its task: two of them and dbt stay below 6 GiB."""
_START = "import sys; sys.path[:] = sys.argv[1:]; from ml.fit_workers import serve; serve()"
_LENGTH = struct.Struct("<Q")
_PR_SET_PDEATHSIG = 1


class WorkerDied(RuntimeError):  # noqa: N818 (what happened, not a mistake)
    """The child ended without an answer: killed, out of memory, or crashed in native code."""

    def __init__(self, message: str, signal_number: int | None):
        super().__init__(message)
        self.signal = signal_number

    def __reduce__(self) -> tuple:
        """Both arguments, so that it can be pickled."""
        return WorkerDied, (str(self), self.signal)


class Worker:
    """A child process, started at its first call and again after it was stopped or died. Not thread safe.

    Parameters
    ----------
    path : where the child looks for modules, after this project; this process's own path without it.
    """

    def __init__(self, path: Sequence[str] | None = None):
        self.path = path
        self.process: subprocess.Popen | None = None
        self.stderr: BinaryIO | None = None
        self.peak_mb = 0.0

    def call(self, function: Callable[..., Any], arguments: dict[str, Any]) -> Any:
        """`function(**arguments)`, computed by the child.

        Raises
        ------
        WorkerDied
            If the child ended instead of answering.
        Exception
            Whatever the function raised, with the child's traceback as a note.
        """
        return self.ask((function.__module__, function.__qualname__, arguments))

    def ask(self, task: tuple[str, str, dict[str, Any]]) -> Any:
        """The same for a function named by module and qualified name, which this process need not import."""
        if self.process is None:
            self._start()
        process = self.process  # `stop` may be called meanwhile, by a thread that ends this program
        try:
            _send(process.stdin, task)
            answer = _receive(process.stdout)
        except (BrokenPipeError, ConnectionResetError, ValueError):  # ValueError: closed on our side
            answer = None
        if answer is None:
            raise self._death(process)
        value, error, trace, self.peak_mb = answer
        if error is not None:
            error.add_note(trace)
            raise error
        return value

    def stop(self) -> None:
        """End the child, if there is one."""
        process, self.process, self.peak_mb = self.process, None, 0.0
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):  # closing sends what a dead child will not read any more
                    pipe.close()

    def _start(self) -> None:
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115 (lives as long as the child)
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, *(path or os.getcwd() for path in _search_path(self.path))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            env=os.environ | ENVIRONMENT | {"ZL_PARENT": str(os.getpid())},
        )

    def _death(self, process: subprocess.Popen) -> WorkerDied:
        try:
            code = process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        self.stderr.seek(0, os.SEEK_END)
        self.stderr.seek(max(0, self.stderr.tell() - 2000))
        last = self.stderr.read().decode(errors="replace").strip().splitlines()[-1:]
        self.stop()
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        return WorkerDied(" ".join([how, *last]), -code if code < 0 else None)


def serve() -> None:
    """The child's life: read a task, answer it, until the parent is gone."""
    _die_with_parent()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what libraries print must not end up between the answers
    tasks: queue.SimpleQueue = queue.SimpleQueue()
    threading.Thread(target=_read_tasks, args=(sys.stdin.buffer, tasks), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    while True:
        module, name, arguments = tasks.get()
        try:
            function = importlib.import_module(module)
            for part in name.split("."):
                function = getattr(function, part)
            answer = (function(**arguments), None, "")
        except Exception as error:
            answer = (None, _portable(error), traceback.format_exc())
        try:
            _send(answers, (*answer, peak_memory_mb()))
        except BrokenPipeError:
            os._exit(0)


def peak_memory_mb() -> float:
    """Most memory this process ever held, MB; on Linux since exec (getrusage would count the parent's)."""
    try:
        status = Path("/proc/self/status").read_text()
        return int(status.split("VmHWM:")[1].split()[0]) / 1024
    except (OSError, IndexError):
        import resource

        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak / (1024 * 1024 if sys.platform == "darwin" else 1024)


def _search_path(path: Sequence[str] | None) -> list[str]:
    """The given import path or the parent's, with this project first."""
    project = str(Path(__file__).resolve().parent.parent)
    return [project, *(entry for entry in (sys.path if path is None else path) if entry != project)]


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != int(os.environ["ZL_PARENT"]):  # it went before we could ask
        os._exit(0)


def _read_tasks(source: BinaryIO, tasks: queue.SimpleQueue) -> None:
    while (task := _receive(source)) is not None:
        tasks.put(task)
    os._exit(0)  # even in the middle of a fit: nobody waits for it any more


def _portable(error: Exception) -> Exception:
    """The error itself if it survives the journey, else one that says the same."""
    try:
        return pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(f"{type(error).__name__}: {error}")


def _send(pipe: BinaryIO, value: Any) -> None:
    content = pickle.dumps(value, protocol=5)
    pipe.write(_LENGTH.pack(len(content)))
    pipe.write(content)
    pipe.flush()


def _receive(pipe: BinaryIO) -> Any:
    """The next value, or None at the end of the pipe."""
    length = pipe.read(_LENGTH.size)
    if len(length) < _LENGTH.size:
        return None
    (size,) = _LENGTH.unpack(length)
    content = pipe.read(size)
    return pickle.loads(content) if len(content) == size else None
