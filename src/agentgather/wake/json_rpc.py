"""JSON-RPC over one WebSocket, as a client: questions with deadlines, and what is told without being asked."""

from __future__ import annotations

import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import trio
from trio_websocket import ConnectionClosed, HandshakeError, WebSocketConnection, wrap_client_stream

from agentgather.client.errors import sole

CONNECT_SECONDS = 5.0
ASK_SECONDS = 20.0
CLOSE_SECONDS = 2.0
MESSAGE_BYTES_MAX = 16 * 1024 * 1024
HEARD_MAX = 2000  # notifications of one connection that are remembered

Json = dict[str, Any]


class NoConnection(Exception):
    """Nobody answered, or whoever did speaks something else. Nothing was asked."""


class Broken(Exception):
    """The connection ended, or no answer came in time: what was asked may have been done."""


class RpcRefused(Exception):
    """An answer that is an error. `code` is the number in it."""

    def __init__(self, code: int) -> None:
        super().__init__(f"error {code}")
        self.code = code


class RpcLink:
    """One connection. Questions that the other side asks are left unanswered: what is to be approved is a person's.

    `heeded`: the methods of what is told without being asked that are remembered.
    """

    def __init__(self, socket: WebSocketConnection, *, heeded: frozenset[str]) -> None:
        self._socket, self._heeded = socket, heeded
        self._last_id = 0
        self._answers: dict[int, Json] = {}
        self._heard: list[tuple[str, Json]] = []
        self._news = trio.Event()
        self._is_over = False

    async def ask(self, method: str, params: Mapping[str, Any], *, seconds: float = ASK_SECONDS) -> Json:
        """The result of a question. Raises RpcRefused or Broken."""
        self._last_id += 1
        number = self._last_id
        with trio.move_on_after(seconds):
            await self._send({"id": number, "method": method, "params": dict(params)})
            while number not in self._answers:
                if self._is_over:
                    raise Broken(method)
                await self._news.wait()
            answer = self._answers.pop(number)
            error = answer.get("error")
            if isinstance(error, dict):
                code = error.get("code")
                raise RpcRefused(code if type(code) is int else 0)
            result = answer.get("result")
            return result if isinstance(result, dict) else {}
        raise Broken(method)

    async def tell(self, method: str) -> None:
        """A notification. Raises Broken."""
        with trio.move_on_after(ASK_SECONDS):
            await self._send({"method": method})
            return
        raise Broken(method)

    async def close(self) -> None:
        """Part in order. Whoever stays away from it is not waited for by the caller."""
        await self._socket.aclose()

    async def heard(self, place: int) -> tuple[str, Json] | None:
        """What was told as number `place`, from 0 on; waits for it. None: the connection ended before."""
        while place >= len(self._heard):
            if self._is_over:
                return None
            await self._news.wait()
        return self._heard[place]

    async def keep(self) -> None:
        """Read until the connection ends."""
        try:
            while True:
                self._take(await self._socket.get_message())
        except ConnectionClosed:
            self._is_over = True
            self._stir()

    def _take(self, text: str | bytes) -> None:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            return
        if not isinstance(message, dict):
            return
        method, number, params = message.get("method"), message.get("id"), message.get("params")
        if isinstance(method, str):
            if number is None and method in self._heeded and len(self._heard) < HEARD_MAX:
                self._heard.append((method, params if isinstance(params, dict) else {}))
        elif type(number) is int and 0 < number <= self._last_id:
            self._answers[number] = message
        self._stir()

    def _stir(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def _send(self, message: Json) -> None:
        try:
            await self._socket.send_message(json.dumps(message))
        except ConnectionClosed:
            raise Broken(str(message["method"])) from None


@asynccontextmanager
async def open_link(url: str, *, headers: list[tuple[bytes, bytes]], heeded: frozenset[str]) -> AsyncIterator[RpcLink]:
    """A link to `url`, for as long as the context lasts. Raises NoConnection."""
    try:
        async with trio.open_nursery() as nursery:
            stream = await _stream(url)
            try:
                link = RpcLink(await _greeted(nursery, stream, url, headers), heeded=heeded)
                nursery.start_soon(link.keep)
                yield link
                with trio.move_on_after(CLOSE_SECONDS):
                    await link.close()
            finally:
                await trio.aclose_forcefully(stream)
            nursery.cancel_scope.cancel()
    except BaseExceptionGroup as group:  # the nursery's wrapping; whoever asked wants the error itself
        raise sole(group) from None


async def _stream(url: str) -> trio.SocketStream | trio.SSLStream[trio.SocketStream]:
    parts = urlsplit(url)
    is_secure = parts.scheme == "wss"
    port = parts.port or (443 if is_secure else 80)
    try:
        with trio.fail_after(CONNECT_SECONDS):
            stream = await trio.open_tcp_stream(parts.hostname or "", port)
    except (OSError, trio.TooSlowError):
        raise NoConnection("nobody answers there") from None
    if not is_secure:
        return stream
    return trio.SSLStream(stream, ssl.create_default_context(), server_hostname=parts.hostname, https_compatible=True)


async def _greeted(
    nursery: trio.Nursery,
    stream: trio.SocketStream | trio.SSLStream[trio.SocketStream],
    url: str,
    headers: list[tuple[bytes, bytes]],
) -> WebSocketConnection:
    parts = urlsplit(url)
    resource = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    try:
        with trio.fail_after(CONNECT_SECONDS):
            return await wrap_client_stream(
                nursery,
                stream,
                parts.netloc,
                resource,
                extra_headers=headers,
                max_message_size=MESSAGE_BYTES_MAX,
            )
    except (OSError, HandshakeError, ConnectionClosed, trio.BrokenResourceError, trio.TooSlowError):
        raise NoConnection("it does not answer as a WebSocket in time") from None
