"""How simulated visitors speak to a room: plain HTTP/1.1 on a connection of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import trio

Json = dict[str, Any]
RECEIVE_BYTES = 65_536


class Lost(Exception):
    """No answer came: the connection broke, or was never made, or nothing came in time."""


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> Json:
        return dict(json.loads(self.body))

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.json["error"])


@dataclass(frozen=True)
class Door:
    """Where a room is reached: an address to dial, what is called the host there, and what its paths begin with."""

    name: str
    address: str
    port: int
    host: str
    slug: str = ""

    @property
    def prefix(self) -> str:
        return f"/{self.slug}" if self.slug else ""


class Visitor:
    """Asks one thing after another at `door`, on one connection while it lasts."""

    def __init__(self, door: Door, token: str | None) -> None:
        self.door = door
        self.token = token
        self._stream: trio.SocketStream | None = None
        self._rest = b""
        self._was_silent = True

    async def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, seconds: float = 60
    ) -> Answer:
        """Raises Lost. On a connection that was kept and broke before a word of the answer, it is asked once more."""
        was_kept = self._stream is not None
        try:
            return await self._ask(method, path, body, seconds=seconds)
        except Lost:
            if not (was_kept and self._was_silent):
                raise
        return await self._ask(method, path, body, seconds=seconds)

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None, *, seconds: float) -> Answer:
        self._was_silent = True
        try:
            with trio.move_on_after(seconds):
                if self._stream is None:
                    self._stream = await trio.open_tcp_stream(self.door.address, self.door.port)
                await self._stream.send_all(self.request(method, path, body))
                answer, may_go_on = await self._answer()
                if not may_go_on:
                    self.leave()
                return answer
        except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
            self.leave()
            raise Lost("it broke") from None
        except BaseException:
            self.leave()
            raise
        self.leave()
        self._was_silent = False
        raise Lost("nothing came in time")

    def request(self, method: str, path: str, body: Mapping[str, Any] | None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {self.door.prefix}{path} HTTP/1.1", f"Host: {self.door.host}"]
        if self.token is not None:
            lines.append(f"Authorization: Bearer {self.token}")
        if body is not None:
            lines += ["Content-Type: application/json", f"Content-Length: {len(content)}"]
        return "\r\n".join([*lines, "", ""]).encode() + content

    def leave(self) -> None:
        """At once."""
        stream, self._stream = self._stream, None
        self._rest = b""
        if stream is not None:
            stream.socket.close()

    async def _answer(self) -> tuple[Answer, bool]:
        """The answer, and whether the connection is good for another."""
        head = (await self._through(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        status = int(head[0].split()[1])
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:])}
        if "content-length" in headers:
            body = await self._take(int(headers["content-length"]))
        elif headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(await self._through(b"\r\n"), 16):
                body += await self._take(size)
                await self._take(2)
            await self._take(2)
        else:
            raise Lost("an answer without a length")
        return Answer(status, body), headers.get("connection") != "close"

    async def _through(self, mark: bytes) -> bytes:
        while mark not in self._rest:
            await self._more()
        found, _, self._rest = self._rest.partition(mark)
        return found

    async def _take(self, count: int) -> bytes:
        while len(self._rest) < count:
            await self._more()
        taken, self._rest = self._rest[:count], self._rest[count:]
        return taken

    async def _more(self) -> None:
        assert self._stream is not None
        content = await self._stream.receive_some(RECEIVE_BYTES)
        if not content:
            self.leave()
            raise Lost("it closed")
        self._was_silent = False
        self._rest += content
