"""A table of a public Qlik dashboard as CSV: what its button "Export Table" does, without a browser.

A dashboard is called by JSON-RPC on a WebSocket: open the document, get the table, ask for its export; the
export is then an address to download within the same anonymous session. aiohttp speaks WebSocket (httpx does
not); the download goes through our client.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp

from ingest.client import Client
from ingest.errors import IngestError, UnexpectedAnswerError
from ingest.retries import AgainError, asked_wait, may_pass, tried_again

TIMEOUT = aiohttp.ClientTimeout(total=120.0)


def exported_csv(client: Client, document: str, table: str) -> tuple[str, int]:
    """The whole table as CSV, and how many rows the dashboard shows (at least as many must be in it).

    Parameters
    ----------
    client
        Of the dashboards' address, e.g. `https://edap.epa.gov/public`.
    document, table
        Ids of the dashboard and of the table in it.

    Raises
    ------
    UnexpectedAnswerError
        The dashboard has no such document or table any more, or answers in another form.
    """
    client.text("single/", {"appid": document}, may_be_html=True)  # opens the session: its cookies
    address = f"{client.base}/app/{document}"
    path, rows = tried_again(
        lambda: asyncio.run(_export(address, client.cookies, document, table)),
        address,
        client.first_wait,
        client.secrets,
    )
    return client.text(path), rows


async def _export(address: str, cookies: dict[str, str], document: str, table: str) -> tuple[str, int]:
    """Path of the export below the dashboards' address, and the rows shown."""
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in cookies.items())}
    try:
        async with (
            aiohttp.ClientSession(timeout=TIMEOUT, headers=headers) as session,
            session.ws_connect(address.replace("http", "ws", 1)) as socket,
        ):
            calls = _Calls(socket, address)
            opened = await calls.handle(-1, "OpenDoc", [document, "", "", "", False])
            shown = await calls.handle(opened, "GetObject", [table])
            layout = await calls.result(shown, "GetLayout", [])
            rows = _at(layout, ("qLayout", "qHyperCube", "qSize", "qcy"), address)
            export = await calls.result(shown, "ExportData", ["CSV_C", "/qHyperCubeDef", "table.csv", "A"])
            return _at(export, ("qUrl",), address).lstrip("/"), rows
    except aiohttp.WSServerHandshakeError as error:
        if may_pass(error.status):
            wait = asked_wait(address, error.status, error.headers or {})
            raise AgainError(f"answered {error.status}", wait) from None
        raise IngestError(f"{address}: expected a WebSocket, found answer {error.status}") from None
    except (aiohttp.ClientError, TimeoutError) as error:
        raise AgainError(f"no whole answer ({type(error).__name__}: {error})") from None


class _Calls:
    """JSON-RPC calls on one WebSocket, one after another."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, address: str) -> None:
        self.socket = socket
        self.address = address
        self.id = 0

    async def result(self, handle: int, method: str, parameters: list) -> dict[str, Any]:
        """What `method` of the object `handle` returns."""
        self.id += 1
        call = {"jsonrpc": "2.0", "id": self.id, "handle": handle, "method": method, "params": parameters}
        await self.socket.send_str(json.dumps(call))
        answer = await self._answer()
        while answer.get("id") != self.id:  # notices of the server have no id
            answer = await self._answer()
        if "error" in answer:
            raise UnexpectedAnswerError(f"{self.address}: {method} {parameters}: {answer['error']}")
        return answer.get("result", {})

    async def handle(self, handle: int, method: str, parameters: list) -> int:
        """The object that `method` opens."""
        opened = (await self.result(handle, method, parameters)).get("qReturn", {}).get("qHandle")
        if not isinstance(opened, int):
            raise UnexpectedAnswerError(
                f"{self.address}: {method} finds no {parameters[0]}: was the dashboard rebuilt?"
            )
        return opened

    async def _answer(self) -> dict[str, Any]:
        message = await self.socket.receive()
        if message.type is not aiohttp.WSMsgType.TEXT:
            raise AgainError(f"the WebSocket ended ({message.type.name})")
        try:
            return json.loads(message.data)
        except ValueError:
            if message.data.lstrip().startswith("{"):
                raise AgainError("JSON that ends early or is broken") from None
            raise UnexpectedAnswerError(
                f"{self.address}: expected JSON, found {message.data[:60]!r}"
            ) from None


def _at(answer: Any, path: tuple[str, ...], address: str) -> Any:
    for name in path:
        if not isinstance(answer, dict) or name not in answer:
            raise UnexpectedAnswerError(f"{address}: no field {'.'.join(path)}: was the dashboard rebuilt?")
        answer = answer[name]
    return answer
