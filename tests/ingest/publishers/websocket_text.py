"""As much of a WebSocket server (RFC 6455) as a dashboard needs: text in one frame, both ways."""

import base64
import hashlib
from collections.abc import Iterator
from typing import BinaryIO

MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE = 0x1, 0x8


def accepted(key: str) -> str:
    """Sec-WebSocket-Accept for a Sec-WebSocket-Key."""
    return base64.b64encode(hashlib.sha1((key + MAGIC).encode()).digest()).decode()


def frame(body: bytes) -> bytes:
    """A text frame from the server."""
    if len(body) < 126:
        return bytes([0x80 | TEXT, len(body)]) + body
    return bytes([0x80 | TEXT, 126]) + len(body).to_bytes(2, "big") + body


def messages(stream: BinaryIO) -> Iterator[bytes]:
    """Texts from a client until it closes."""
    while len(head := stream.read(2)) == 2:
        length = head[1] & 0x7F
        if length == 126:
            length = int.from_bytes(stream.read(2), "big")
        mask = stream.read(4)
        body = bytes(byte ^ mask[i % 4] for i, byte in enumerate(stream.read(length)))
        if head[0] & 0x0F == CLOSE:
            return
        if head[0] & 0x0F == TEXT:
            yield body
