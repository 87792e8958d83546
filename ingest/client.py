"""HTTP as publishers need it: paced, retried when it may help, and every failure one line without a secret.

httpx speaks, stamina retries: connections that break, bodies that end early, 429 (as long as Retry-After
asks) and 5xx. Any other refusal, and an answer in another format than the documented one, is an
`IngestError` at once.
"""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx
import stamina

from ingest.errors import IngestError, RefusedError, UnexpectedAnswerError
from ingest.keys import redacted

ATTEMPTS = 6
LONGEST_WAIT = dt.timedelta(minutes=2)
TIMEOUT = httpx.Timeout(60.0, connect=15.0)

# These loggers write whole addresses, keys included.
for library in ("httpx", "httpcore"):
    logging.getLogger(library).setLevel(logging.WARNING)


class _AgainError(Exception):
    """An attempt failed in a way that may pass; `wait` is what the publisher asked for, in seconds."""

    def __init__(self, why: str, wait: float | None = None) -> None:
        super().__init__(why)
        self.wait = wait


def _backoff(error: Exception) -> bool | float:
    """Whether to try again, and after how many seconds when the publisher said so."""
    if not isinstance(error, _AgainError):
        return False
    return True if error.wait is None else error.wait


class Client:
    """A publisher's address, asked politely.

    Parameters
    ----------
    base
        Address every path is relative to.
    secrets
        Values that must never stand in a message.
    headers
        Sent with every request.
    pause
        Least time between two requests, in seconds.
    first_wait
        First pause before a retry, in seconds; later ones double. A test sets it low.
    """

    def __init__(
        self,
        base: str,
        secrets: Iterable[str] = (),
        headers: Mapping[str, str] | None = None,
        pause: float = 0.0,
        first_wait: float = 1.0,
    ) -> None:
        self.base = base.rstrip("/")
        self.secrets = tuple(secrets)
        self.pause = pause
        self.first_wait = first_wait
        self._asked_at = -pause
        agent = {"User-Agent": "zl (soybean-oil forecasts; reads public data)", **(headers or {})}
        self._http = httpx.Client(headers=agent, timeout=TIMEOUT, follow_redirects=True)

    def __enter__(self) -> Client:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._http.close()

    def json(self, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """The decoded JSON at `path`; a body that ends early is fetched again, another format is an error."""
        return self._get(path, parameters, self._decoded)

    def text(self, path: str, parameters: Mapping[str, Any] | None = None, may_be_html: bool = False) -> str:
        """The text at `path` (CSV, XML); HTML in its place is an error unless `may_be_html`."""

        def decoded(response: httpx.Response) -> str:
            if not may_be_html:
                self._refuse_html(response)
            return response.text

        return self._get(path, parameters, decoded)

    def content(self, path: str, parameters: Mapping[str, Any] | None = None) -> bytes:
        """The bytes at `path` (an archive); HTML in their place is an error."""

        def decoded(response: httpx.Response) -> bytes:
            self._refuse_html(response)
            return response.content

        return self._get(path, parameters, decoded)

    def _get(self, path: str, parameters: Mapping[str, Any] | None, decoded: Callable) -> Any:
        address = f"{self.base}/{path.lstrip('/')}" if path else self.base
        try:
            for attempt in stamina.retry_context(
                on=_backoff,
                attempts=ATTEMPTS,
                timeout=None,
                wait_initial=self.first_wait,
                wait_jitter=self.first_wait,
                wait_max=30.0,
            ):
                with attempt:
                    return self._attempt(address, parameters, decoded)
        except _AgainError as error:
            raise IngestError(
                redacted(f"{address}: {error}, {ATTEMPTS} times in a row.", self.secrets)
            ) from None
        raise AssertionError("a retry context either returns or raises")

    def _attempt(self, address: str, parameters: Mapping[str, Any] | None, decoded: Callable) -> Any:
        time.sleep(max(0.0, self._asked_at + self.pause - time.monotonic()))
        self._asked_at = time.monotonic()
        try:
            response = self._http.get(address, params=parameters)
        except httpx.TransportError as error:
            raise _AgainError(f"no whole answer ({type(error).__name__}: {error})") from None
        except httpx.HTTPError as error:  # too many redirects, content that cannot be decoded
            raise IngestError(redacted(f"{address}: {type(error).__name__}: {error}", self.secrets)) from None
        if response.status_code == 429 or response.status_code >= 500:
            raise _AgainError(f"answered {response.status_code}", self._asked_wait(address, response))
        if response.status_code != 200:
            said = redacted(" ".join(response.text.split()), self.secrets)[:200]
            raise RefusedError(f"{address}: answered {response.status_code}: {said}", said)
        return decoded(response)

    def _asked_wait(self, address: str, response: httpx.Response) -> float | None:
        """Seconds of Retry-After (a number or a date), if given; too long a wait is an error."""
        asked = response.headers.get("Retry-After")
        if asked is None:
            return None
        try:
            seconds = float(asked)
        except ValueError:
            try:
                at = email.utils.parsedate_to_datetime(asked)
            except ValueError:
                return None
            seconds = (at - dt.datetime.now(dt.UTC)).total_seconds()
        if seconds > LONGEST_WAIT.total_seconds():
            raise IngestError(
                f"{address}: answered {response.status_code} and asks to wait {seconds:.0f} s; "
                "run again later."
            )
        return max(0.0, seconds)

    def _decoded(self, response: httpx.Response) -> Any:
        self._refuse_html(response)
        try:
            return json.loads(response.content)
        except ValueError:
            start = response.content.lstrip()[:1]
            if start in (b"{", b"["):
                raise _AgainError("JSON that ends early or is broken") from None
            raise UnexpectedAnswerError(
                redacted(f"{_address(response)}: expected JSON, found {response.text[:60]!r}", self.secrets)
            ) from None

    def _refuse_html(self, response: httpx.Response) -> None:
        start = response.content.lstrip()[:100].lower()
        if start.startswith((b"<!doctype html", b"<html")):
            raise UnexpectedAnswerError(
                f"{_address(response)}: expected data, found an HTML page (maintenance or a moved address?)"
            )


def _address(response: httpx.Response) -> str:
    """Where an answer came from, without the query, in which keys stand."""
    return str(response.url.copy_with(query=None))
