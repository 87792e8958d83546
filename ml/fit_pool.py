"""Workers shared by all threads: they take jobs in order, and say in one line what ended one that failed."""

import queue
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol

from ml.fit_workers import CHILD_MEMORY_MB, Worker, WorkerDied

if TYPE_CHECKING:
    from ml.ray_cluster import ClusterWorker


class FitError(RuntimeError):
    """A fit failed; the message begins with the fit's label."""


class Job(Protocol):
    """What a worker is given: a name for messages, and what to do with the worker."""

    name: str

    def run(self, worker: "Worker | ClusterWorker") -> Any:
        """The answer; makes what is missing with the worker."""


class WorkerPool:
    """Workers shared by all threads of a process, started when something has to be fitted.

    Parameters
    ----------
    worker : makes a worker: a child process, or a place on a cluster.
    count : how many there may be; asked with every fit.
    on_peak : told the most memory (MB) a worker has held, after each of its tasks.
    """

    def __init__(
        self,
        worker: "Callable[[], Worker | ClusterWorker]",
        count: Callable[[], int],
        on_peak: Callable[[float], None],
    ):
        self.worker, self.count, self.on_peak = worker, count, on_peak
        self.jobs: queue.SimpleQueue = queue.SimpleQueue()
        self.lock = threading.Lock()
        self.workers: list[Worker | ClusterWorker] = []
        self.threads: list[threading.Thread] = []
        self.interrupted = False

    def submit(self, job: Job) -> Future:
        """The job's answer, or a FitError that begins with its name, in a while."""
        future: Future = Future()
        count = self.count()
        self.jobs.put((job, future))
        with self.lock:
            if len(self.threads) < count:
                # The thread that starts a child must outlive it: Linux ties the child's death to that thread.
                thread = threading.Thread(target=self._serve, name="fits", daemon=True)
                self.threads.append(thread)
                thread.start()
        return future

    def _serve(self) -> None:
        worker = self.worker()
        self.workers.append(worker)
        while True:
            job, future = self.jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            if self.interrupted:
                future.set_exception(FitError(f"{job.name}: interrupted."))
                continue
            try:
                future.set_result(job.run(worker))
            except WorkerDied as death:
                self.interrupted |= death.signal == signal.SIGINT
                future.set_exception(FitError(f"{job.name}: {_obituary(death, self.interrupted)}."))
            except Exception as error:
                failure = FitError(f"{job.name}: {type(error).__name__}: {error}")
                failure.__cause__ = error
                future.set_exception(failure)
            self.on_peak(worker.peak_mb)
            if worker.peak_mb > CHILD_MEMORY_MB:
                worker.stop()

    def stop(self) -> None:
        """End all children, and what they were fitting."""
        self.interrupted = True
        for worker in self.workers:
            worker.stop()


def _obituary(death: WorkerDied, interrupted: bool) -> str:
    if interrupted:
        return "interrupted"
    if death.signal == signal.SIGPROF:
        return "met its time limit and was stopped; raise `time_limit_seconds` or fit less"
    return f"its process died ({death})"
