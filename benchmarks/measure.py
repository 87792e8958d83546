"""CPU seconds and peak memory of a command and all its descendants."""

import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import psutil

SAMPLE_SECONDS = 0.25
MIB = 2**20


class Measured(NamedTuple):
    """How a command ended and what it took; `exit_code` is negative for a signal."""

    exit_code: int
    cpu_seconds: float
    peak_mib: float


def run_measured(command: Sequence[str], log: Path, environment: dict[str, str] | None = None) -> Measured:
    """Run `command`, its output into `log`, and measure it.

    CPU is user + system; memory the most its processes held together, shared pages counted in each. Children
    that are never waited for are missing in the system's own sums, so the processes are sampled as well.
    """
    seen_cpu: dict[int, float] = {}
    peak = 0.0
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment)
        while True:
            pid, status, usage = os.wait4(process.pid, os.WNOHANG)
            if pid:
                break
            peak = max(peak, _sample(process.pid, seen_cpu))
            time.sleep(SAMPLE_SECONDS)
    process.returncode = os.waitstatus_to_exitcode(status)
    waited = usage.ru_utime + usage.ru_stime
    return Measured(process.returncode, max(waited, sum(seen_cpu.values())), peak / MIB)


def _sample(pid: int, seen_cpu: dict[int, float]) -> float:
    """Memory of the process and its descendants now, in bytes; `seen_cpu` keeps the seconds of each."""
    held = 0.0
    try:
        process = psutil.Process(pid)
        family = [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return held
    for member in family:
        try:
            times = member.cpu_times()
            seen_cpu[member.pid] = times.user + times.system
            held += member.memory_info().rss
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return held
