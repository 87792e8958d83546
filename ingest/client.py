"""HTTP as publishers need it: paced, retried when it may help, and every failure one line without a secret.

httpx speaks, stamina retries: connections that break, bodies that end early, 429 (as long as Retry-After
asks) and 5xx. Any other refusal, and an answer in another format than the documented one, is an
`IngestError` at once.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import httpx

from ingest.errors import IngestError, NotFoundError, RefusedError, UnexpectedAnswerError
from ingest.keys import redacted
from ingest.retries import AgainError, asked_wait, may_pass, tried_again

THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
TIMEOUT = httpx.Timeout(60.0, connect=15.0)

# These loggers write whole addresses, keys included.
for library in ("httpx", "httpcore"):
    logging.getLogger(library).setLevel(logging.WARNING)


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
        where = httpx.URL(base)
        self.secrets = tuple(secret for secret in (*secrets, where.password) if secret)
        if self.secrets and where.scheme != "https" and where.host not in THIS_MACHINE:
            raise IngestError(f"{where.scheme}://{where.host}: a key is sent over https only.")
        self.pause = pause
        self.first_wait = first_wait
        self._asked_at = -pause
        agent = {"User-Agent": "zl (soybean-oil forecasts; reads public data)", **(headers or {})}
        # A redirect could carry a key to another host.
        self._http = httpx.Client(headers=agent, timeout=TIMEOUT, follow_redirects=not self.secrets)

    def __enter__(self) -> Client:
        """The client itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close all connections."""
        self._http.close()

    @property
    def cookies(self) -> dict[str, str]:
        """Cookies the publisher has set so far."""
        return dict(self._http.cookies)

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

    def content(
        self,
        path: str,
        parameters: Mapping[str, Any] | None = None,
        is_whole: Callable[[bytes], bool] = lambda content: True,
    ) -> bytes:
        """The bytes at `path` (an archive, a feed); HTML in their place is an error, and bytes that
        `is_whole` denies are fetched again."""

        def decoded(response: httpx.Response) -> bytes:
            self._refuse_html(response)
            if not is_whole(response.content):
                raise AgainError("a body that ends early")
            return response.content

        return self._get(path, parameters, decoded)

    def _get(self, path: str, parameters: Mapping[str, Any] | None, decoded: Callable) -> Any:
        address = f"{self.base}/{path.lstrip('/')}" if path else self.base
        return tried_again(
            lambda: self._attempt(address, parameters, decoded), address, self.first_wait, self.secrets
        )

    def _attempt(self, address: str, parameters: Mapping[str, Any] | None, decoded: Callable) -> Any:
        time.sleep(max(0.0, self._asked_at + self.pause - time.monotonic()))
        self._asked_at = time.monotonic()
        try:
            response = self._http.get(address, params=parameters)
        except httpx.TransportError as error:
            raise AgainError(f"no whole answer ({type(error).__name__}: {error})") from None
        except httpx.HTTPError as error:  # too many redirects, content that cannot be decoded
            raise IngestError(redacted(f"{address}: {type(error).__name__}: {error}", self.secrets)) from None
        status = response.status_code
        if may_pass(status):
            raise AgainError(f"answered {status}", asked_wait(address, status, response.headers))
        if status == 404:
            raise NotFoundError(f"{address}: answered 404, nothing is there")
        if status != 200:
            said = redacted(" ".join(response.text.split()), self.secrets)[:200]
            raise RefusedError(f"{address}: answered {status}: {said}", said)
        return decoded(response)

    def _decoded(self, response: httpx.Response) -> Any:
        self._refuse_html(response)
        try:
            return json.loads(response.content)
        except ValueError:
            start = response.content.lstrip()[:1]
            if start in (b"{", b"["):
                raise AgainError("JSON that ends early or is broken") from None
            raise UnexpectedAnswerError(
                f"{_address(response)}: expected JSON, found {redacted(response.text, self.secrets)[:60]!r}"
            ) from None

    def _refuse_html(self, response: httpx.Response) -> None:
        if is_html(response.content):
            raise UnexpectedAnswerError(
                f"{_address(response)}: expected data, found an HTML page (maintenance or a moved address?)"
            )


def is_html(body: bytes) -> bool:
    """Whether a body is a web page, as stands in for data during maintenance."""
    return body.lstrip()[:100].lower().startswith((b"<!doctype html", b"<html"))


def _address(response: httpx.Response) -> str:
    """Where an answer came from, without the query, in which keys stand."""
    return str(response.url.copy_with(query=None))
