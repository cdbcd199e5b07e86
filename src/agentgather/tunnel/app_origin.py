"""The room in this same process: asked without a connection between, which halves what a relayed request costs its host."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import trio

from agentgather.serving.inspection import http_scope
from agentgather.tunnel.local_http import Body, Broke, Headers
from agentgather.tunnel.origin import Origin, OriginAnswer, OriginGone

log = logging.getLogger(__name__)

BODY_SECONDS = 20.0  # for a request's body to arrive, as on a connection
_BODILESS = frozenset({204, 304})

App = Callable[[Any, Any, Any], Awaitable[None]]


class AppOrigin(Origin):
    """An Origin that is an ASGI app. `local_url` is where its daemon serves it too, and what it is told it was asked at."""

    def __init__(self, app: App, local_url: str) -> None:
        super().__init__(local_url)
        self._app = app
        self._where = urlsplit(local_url)
        self._answering = trio.open_nursery()
        self._nursery: trio.Nursery | None = None

    async def __aenter__(self) -> AppOrigin:
        self._nursery = await self._answering.__aenter__()
        return self

    async def __aexit__(self, *exception: Any) -> None:
        assert self._nursery is not None
        self._nursery.cancel_scope.cancel()
        await self._answering.__aexit__(*exception)

    @asynccontextmanager
    async def ask(self, method: str, target: bytes, headers: Headers, body: Body = None) -> AsyncIterator[OriginAnswer]:
        """As Origin says; nothing is tried twice, for nothing can break between."""
        assert self._nursery is not None
        written = self._written(method, self._where, headers, body)
        server = (self._where.hostname or "", self._where.port or 80)
        scope = http_scope(method, target, written, client=None, server=server)
        exchange = _Exchange(body, is_head=method == "HEAD")
        # Not a nursery of its own: whoever asks wants its exceptions as they are, and not in groups.
        self._nursery.start_soon(exchange.keep, self._app, scope)
        try:
            await exchange.begun.wait()
            if exchange.status == 0:
                raise OriginGone(has_begun=False)
            yield OriginAnswer(exchange.status, exchange.headers, exchange)
        finally:
            await exchange.finish()


class _Exchange:
    """`receive` and `send` of one request, and its answer piece by piece. `status` is 0 when there will be none."""

    def __init__(self, body: Body, *, is_head: bool) -> None:
        self._body = body
        self._body_due = trio.current_time() + BODY_SECONDS
        self._is_head = is_head
        self._piece: bytes | None = None
        self._is_over = False
        self._is_whole = False
        self._stirred = trio.Event()
        self._taken = trio.Event()
        self._ended = trio.Event()
        self._answering = trio.CancelScope()
        self.begun = trio.Event()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []

    async def keep(self, app: App, scope: Any) -> None:
        """Let the app answer. The one supervision point of a request: what it raises ends here."""
        try:
            with self._answering:
                await app(scope, self._receive, self._send)
        except Exception:
            log.exception("the app broke", extra={"event": "bug"})
        finally:
            self._is_over = True
            self._stirred.set()
            self.begun.set()
            self._ended.set()

    async def finish(self) -> None:
        """Nobody listens any more: the app is cancelled where it still runs."""
        if not self._ended.is_set():
            self._answering.cancel()
            with trio.CancelScope(shield=True):
                await self._ended.wait()

    async def piece(self) -> bytes:
        """The next piece of the answer; empty at its end. Raises Broke."""
        while self._piece is None and not self._is_over:
            self._stirred = trio.Event()
            await self._stirred.wait()
        piece, self._piece = self._piece, None
        self._taken.set()
        if piece is None and not self._is_whole:
            raise Broke
        return piece or b""

    def close(self) -> None:
        """Nobody takes the rest."""
        self._answering.cancel()

    async def _receive(self) -> dict[str, Any]:
        """The next piece of the body: how much of one there may be is the app's to say."""
        body = self._body
        if body is None or isinstance(body, bytes):
            self._body = None
            return {"type": "http.request", "body": body or b"", "more_body": False}
        with trio.move_on_at(self._body_due) as patience:
            async for piece in body:
                return {"type": "http.request", "body": piece, "more_body": True}
        if patience.cancelled_caught:
            return {"type": "http.disconnect"}
        self._body = None
        return {"type": "http.request", "body": b"", "more_body": False}

    async def _send(self, message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.headers = [(name.lower(), value) for name, value in message["headers"]]
            self.status = int(message["status"])
            return
        while self._piece is not None:
            self._taken = trio.Event()
            await self._taken.wait()
        body: bytes = message.get("body", b"")
        if body and not self._is_head and self.status not in _BODILESS:
            self._piece = body
        if not message.get("more_body", False):
            self._is_whole = self._is_over = True
        self.begun.set()
        self._stirred.set()
