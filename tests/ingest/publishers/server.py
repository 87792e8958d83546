"""A local HTTP server that answers as publishers do, and fails as they do when told to.

Each publisher is a module beside this one that makes its documented format out of landing files (the
simulated sample, or a few rows of a test). Small on purpose and written from the documentation: nothing in it
was copied from a publisher.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import websocket_text


@dataclass(frozen=True)
class Asked:
    """A request: path below the publisher's address, parameters, headers (names in lower case), body."""

    path: str
    parameters: dict[str, str]
    headers: dict[str, str]
    body: bytes = b""


@dataclass(frozen=True)
class Answer:
    """What is sent back; `body_bytes` fewer than Content-Length says is a cut connection."""

    body: bytes
    status: int = 200
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    announced_length: int | None = None


Publisher = Callable[[Asked], Answer]
Fault = Callable[[Answer], Answer]


def too_many_requests(answer: Answer) -> Answer:
    return Answer(b"slow down", 429, "text/plain", {"Retry-After": "0.05"})


def server_error(answer: Answer) -> Answer:
    return Answer(b"oops", 503, "text/plain")


def cut_connection(answer: Answer) -> Answer:
    return Answer(
        answer.body[: len(answer.body) // 2], 200, answer.content_type, answer.headers, len(answer.body)
    )


def truncated_body(answer: Answer) -> Answer:
    """Half the body, announced as if it were the whole of it."""
    return Answer(answer.body[: len(answer.body) // 2], 200, answer.content_type, answer.headers)


def html_page(answer: Answer) -> Answer:
    return Answer(
        b"<!DOCTYPE html><html><body>We are down for maintenance.</body></html>",
        200,
        "text/html; charset=utf-8",
    )


def renamed(old: bytes, new: bytes) -> Fault:
    """A field goes by another name."""

    def fault(answer: Answer) -> Answer:
        assert old in answer.body, f"the fault changes nothing: no {old!r} in the answer"
        return Answer(answer.body.replace(old, new), 200, answer.content_type, answer.headers)

    return fault


class PublisherServer:
    """All publishers on one port of this machine: `<address>/<publisher>/...`.

    `fail(publisher, fault, times, after)` spoils that publisher's answers: `times` of them (None: all),
    after the first `after`. `asked[publisher]` are the requests it got.
    """

    def __init__(self, publishers: dict[str, Publisher]) -> None:
        self.publishers = publishers
        self.asked: dict[str, list[Asked]] = {name: [] for name in publishers}
        self._faults: dict[str, list] = {}
        self._lock = threading.Lock()
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # headers and body are two writes: 40 ms a request otherwise

            def do_GET(self) -> None:
                owner._serve(self)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def variables(self) -> dict[str, str]:
        """Environment that sends every source to this server."""
        return {f"ZL_{name.upper()}_URL": f"{self.address}/{name}" for name in self.publishers}

    def fail(self, publisher: str, fault: Fault, times: int | None = 1, after: int = 0) -> None:
        self._faults.setdefault(publisher, []).append([fault, times, after])

    def forgive(self) -> None:
        """No publisher fails any more."""
        self._faults.clear()

    def __enter__(self) -> PublisherServer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _serve(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        _, name, *rest = parts.path.split("/", 2)
        length = int(handler.headers.get("Content-Length") or 0)
        asked = Asked(
            path=rest[0] if rest else "",
            parameters=dict(parse_qsl(parts.query, keep_blank_values=True)),
            headers={key.lower(): value for key, value in handler.headers.items()},
            body=handler.rfile.read(length) if length else b"",
        )
        if name not in self.publishers:
            answer = Answer(b"no such publisher", 404, "text/plain")
        elif asked.headers.get("upgrade") == "websocket":
            answer = self._spoiled(name, Answer(b"", 101))
            if answer.status == 101:
                self._serve_websocket(handler, name, asked)
                return
            if answer.announced_length is not None:  # cut before the handshake
                handler.close_connection = True
                return
        else:
            answer = self._answer(name, asked)
        handler.send_response(answer.status)
        handler.send_header("Content-Type", answer.content_type)
        announced = len(answer.body) if answer.announced_length is None else answer.announced_length
        handler.send_header("Content-Length", str(announced))
        for key, value in answer.headers.items():
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(answer.body)
        if announced != len(answer.body):
            handler.close_connection = True

    def _answer(self, name: str, asked: Asked) -> Answer:
        with self._lock:
            self.asked[name].append(asked)
        return self._spoiled(name, self.publishers[name](asked))

    def _serve_websocket(self, handler: BaseHTTPRequestHandler, name: str, opened: Asked) -> None:
        """Every message is asked of the publisher as a body; its answer's body is the message back."""
        handler.send_response(101)
        handler.send_header("Upgrade", "websocket")
        handler.send_header("Connection", "Upgrade")
        handler.send_header(
            "Sec-WebSocket-Accept", websocket_text.accepted(opened.headers["sec-websocket-key"])
        )
        handler.end_headers()
        handler.close_connection = True
        for message in websocket_text.messages(handler.rfile):
            answer = self._answer(name, Asked(opened.path, {}, opened.headers, message))
            if answer.status != 200 or answer.announced_length is not None:
                return
            handler.wfile.write(websocket_text.frame(answer.body))

    def _spoiled(self, name: str, answer: Answer) -> Answer:
        with self._lock:
            for fault in self._faults.get(name, []):
                spoil, times, after = fault
                if after > 0:
                    fault[2] -= 1
                elif times is None or times > 0:
                    fault[1] = None if times is None else times - 1
                    return spoil(answer)
        return answer


def landing_files(landing: Path, table: str) -> str:
    """DuckDB expression over all files of a landing table."""
    return f"read_parquet('{landing}/{table}/*.parquet')"
