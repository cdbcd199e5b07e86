"""One request of the MCP door, between the task of its connection and the task that answers it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import trio

from agentgather.http.beside import rpc_refusal

SESSION_HEADER = b"mcp-session-id"
HERE = b": here\r\n\r\n"  # a comment: the head of an answer goes out with the first of its body, and a stream may be long silent
# What a connection does is for whoever serves it to say.
_OF_THE_CONNECTION = frozenset({b"connection", b"keep-alive"})


class Exchange:
    """`receive` and `send` for whoever answers. `error` is raised where it was asked; `status` is None before there is one.

    An error whose body is no JSON goes out without a body: a strict client reads every body as JSON-RPC, and breaks on prose.
    """

    def __init__(self, receive: Callable[[], Awaitable[Any]], send: Callable[[Any], Awaitable[None]]) -> None:
        self._receive = receive
        self._send = send
        self._over = trio.Event()
        self._gone = trio.Event()
        self._is_body_over = False
        self._is_silent = False
        self._is_stream = False
        self.error: Exception | None = None
        self.is_cut_short = False
        self.is_complete = False
        self.status: int | None = None
        self.session: bytes | None = None

    async def over(self) -> None:
        """Return once it is answered. Cancelled, whoever answers learns that nobody is there any more."""
        try:
            await self._over.wait()
        finally:
            self._gone.set()
        if self.error is not None:
            raise self.error

    def end(self, *, is_cut_short: bool) -> None:
        self.is_cut_short = is_cut_short
        self._over.set()

    async def receive(self) -> Any:
        """The next piece of the body; after it, that the client has left."""
        if not self._is_body_over:
            message = await self._receive()
            self._is_body_over = message["type"] != "http.request" or not message.get("more_body", False)
            return message
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            message = self._begun(message)
        else:
            if self._is_silent:
                message = {**message, "body": b""}
            self.is_complete = not message.get("more_body", False)
        if self._gone.is_set():
            return
        await self._send(message)
        if message["type"] == "http.response.start" and self._is_stream:
            await self._send({"type": "http.response.body", "body": HERE, "more_body": True})

    def _begun(self, message: Any) -> Any:
        headers = [
            (name.lower(), value) for name, value in message["headers"] if name.lower() not in _OF_THE_CONNECTION
        ]
        self.status = message["status"]
        named = dict(headers)
        self.session = named.get(SESSION_HEADER)
        self._is_stream = named.get(b"content-type", b"").startswith(b"text/event-stream")
        self._is_silent = message["status"] >= 400 and not named.get(b"content-type", b"").startswith(
            b"application/json"
        )
        if self._is_silent:
            headers = [one for one in headers if one[0] not in (b"content-type", b"content-length")]
            headers.append((b"content-length", b"0"))
        return {**message, "headers": headers}


async def tell(send: Any, code: str, message: str) -> None:
    """Answer with a no of ours."""
    whole = rpc_refusal(code, message)
    await send({"type": "http.response.start", "status": whole.status, "headers": whole.headers})
    await send({"type": "http.response.body", "body": whole.body, "more_body": False})
