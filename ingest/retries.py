"""Trying again: which failures may pass, how long to wait, and when to give up; stamina does the waiting."""

from __future__ import annotations

import datetime as dt
import email.utils
import logging
from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import stamina

from ingest.errors import IngestError
from ingest.keys import redacted

T = TypeVar("T")

ATTEMPTS = 6
LONGEST_WAIT = dt.timedelta(minutes=2)

# A retry is told once it has been in vain.
logging.getLogger("stamina").setLevel(logging.ERROR)


class AgainError(Exception):
    """An attempt failed in a way that may pass; `wait` is what the publisher asked for, in seconds."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def may_pass(status: int) -> bool:
    """Whether an answer of this HTTP status may be another one when asked again."""
    return status == 429 or status >= 500


def asked_wait(address: str, status: int, headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After (a number or a date), if given.

    Raises
    ------
    IngestError
        The publisher asks for a longer wait than a run can sit out.
    """
    asked = headers.get("Retry-After")
    if asked is None:
        return None
    try:
        seconds = float(asked)
    except ValueError:
        try:
            at = email.utils.parsedate_to_datetime(asked)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
        seconds = (at - dt.datetime.now(dt.UTC)).total_seconds()
    if seconds > LONGEST_WAIT.total_seconds():
        raise IngestError(f"{address}: answered {status} and asks to wait {seconds:.0f} s; run again later.")
    return max(0.0, seconds)


def tried_again(attempt: Callable[[], T], address: str, first_wait: float, secrets: Iterable[str]) -> T:
    """What `attempt` returns, asked up to `ATTEMPTS` times as long as it raises `AgainError`.

    Parameters
    ----------
    first_wait
        First pause, in seconds, unless the publisher asked for another; later ones double.

    Raises
    ------
    IngestError
        The last attempt failed too.
    """
    try:
        for trial in stamina.retry_context(
            on=_backoff,
            attempts=ATTEMPTS,
            timeout=None,
            wait_initial=first_wait,
            wait_max=30.0,
            wait_jitter=first_wait,
        ):
            with trial:
                return attempt()
    except AgainError as error:
        raise IngestError(redacted(f"{address}: {error}, {ATTEMPTS} times in a row.", secrets)) from None
    raise AssertionError("a retry context either returns or raises")


def _backoff(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds when the publisher said so."""
    if not isinstance(error, AgainError):
        return False
    return True if error.wait is None else error.wait
