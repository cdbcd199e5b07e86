"""A keep-alive connection that does next to nothing: it sends given bytes and counts the bytes of the answer.

The generator shares its cores with the daemon it measures, so it parses only what tells where an answer ends.
"""

from __future__ import annotations

import re
import select
import socket
from collections.abc import Iterable
from time import perf_counter

_LENGTH = re.compile(rb"\r\n[Cc]ontent-[Ll]ength: (\d+)")
_CHUNKED = re.compile(rb"\r\n[Tt]ransfer-[Ee]ncoding: chunked")
_LAST_CHUNK = b"\r\n0\r\n\r\n"  # stands in none of the room's bodies: JSON has no bare line break
_IN_CHUNKS = -1
_RECEIVED_BYTES_MAX = 1 << 18  # of one read
_HEAD = "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{more}\r\n"


class BenchFailed(Exception):
    """The daemon did not do what is measured: what it said instead."""


def request(host: str, token: str, path: str, *, body: bytes | None = None) -> bytes:
    """The bytes of a GET, or of a POST when there is a body. `host` as in a Host header."""
    if body is None:
        return _HEAD.format(method="GET", path=path, host=host, token=token, more="").encode()
    more = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return _HEAD.format(method="POST", path=path, host=host, token=token, more=more).encode() + body


class Line:
    """One connection, one request at a time. `seconds` is how long the last answer took."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.fileno = self.socket.fileno()
        self.seconds = 0.0
        self._asked_at = 0.0
        self._received = bytearray()
        self._length = 0  # of the answer, once its head is here

    def ask(self, request: bytes) -> None:
        self._received.clear()
        self._length = 0
        self._asked_at = perf_counter()
        self.socket.sendall(request)  # far smaller than a socket's buffer, so it never blocks

    def take(self) -> bool:
        """Read what is there; whether the answer is complete. Raises BenchFailed for any answer but a 2xx."""
        piece = self.socket.recv(_RECEIVED_BYTES_MAX)
        if not piece:
            raise BenchFailed("the daemon hung up in the middle of an answer")
        received = self._received
        received += piece
        if not self._length:
            end = received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._length = self._declared(end)
        if len(received) < self._length or (self._length == _IN_CHUNKS and not received.endswith(_LAST_CHUNK)):
            return False
        self.seconds = perf_counter() - self._asked_at
        if received[9:10] != b"2":
            raise BenchFailed(bytes(received).decode(errors="replace"))
        return True

    def _declared(self, head_end: int) -> int:
        declared = _LENGTH.search(self._received, 0, head_end)
        if declared is not None:
            return head_end + 4 + int(declared[1])
        if _CHUNKED.search(self._received, 0, head_end) is None:
            raise BenchFailed(f"an answer without a length: {bytes(self._received[:head_end])!r}")
        return _IN_CHUNKS

    @property
    def body(self) -> bytes:
        """The body of the answer that `take` completed, as it came: in chunks if it came in chunks."""
        return bytes(self._received[self._received.find(b"\r\n\r\n") + 4 :])

    def close(self) -> None:
        self.socket.close()


class Switchboard:
    """Several lines and the one place where they are waited for."""

    def __init__(self, lines: Iterable[Line]) -> None:
        self.lines = {line.fileno: line for line in lines}
        self._epoll = select.epoll()
        for number in self.lines:
            self._epoll.register(number, select.EPOLLIN)

    def ready(self, *, seconds: float) -> list[Line]:
        """The lines that have something to read, within `seconds`; none when nothing came."""
        return [self.lines[number] for number, _ in self._epoll.poll(seconds)]

    def close(self) -> None:
        self._epoll.close()
        for line in self.lines.values():
            line.close()
