"""The room in this same process: asked without a connection between, which halves what a relayed request costs its host."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from math import inf
from typing import Any
from urllib.parse import urlsplit

import trio

from agentgather.serving.answer import Whole
from agentgather.serving.framing import BODILESS
from agentgather.serving.inspection import http_scope
from agentgather.serving.service import AtOnce
from agentgather.tunnel.local_http import Body, Headers
from agentgather.tunnel.origin import AnswerSink, Origin, OriginGone

log = logging.getLogger(__name__)

BODY_SECONDS = 20.0  # for a request's body to arrive, as on a connection

App = Callable[[Any, Any, Any], Awaitable[None]]


class AppOrigin(Origin):
    """An Origin that is an ASGI app. `local_url` is where its daemon serves it too, and what it is told it was asked at.

    An app that has an entrance `at_once` is asked there first.
    """

    def __init__(self, app: App, local_url: str) -> None:
        super().__init__(local_url)
        self._app = app
        self._at_once: AtOnce | None = getattr(app, "at_once", None)
        self._where = urlsplit(local_url)
        self._server = (self._where.hostname or "", self._where.port or 80)

    async def relay(self, method: str, target: bytes, headers: Headers, body: Body, sink: AnswerSink) -> None:
        """As Origin says, in the task of whoever asks; nothing is tried twice, for nothing can break between.

        The one supervision point of a request: what the app raises ends here.
        """
        written = self._written(method, self._where, headers, body)
        scope = http_scope(method, target, written, client=None, server=self._server)
        if self._at_once is not None and not body and (whole := self._answered_at_once(scope)) is not None:
            await sink.begin(whole.status, whole.headers)
            is_bodiless = method == "HEAD" or whole.status in BODILESS
            await sink.write(b"" if is_bodiless else whole.body, is_last=True)
            return
        exchange = _Exchange(body, sink, is_head=method == "HEAD")
        try:
            await self._app(scope, exchange.receive, exchange.send)
        except trio.Cancelled:
            if trio.current_effective_deadline() == -inf:
                raise
            log.exception("the app let a foreign cancellation out", extra={"event": "bug"})  # as careless libraries do
        except Exception:
            log.exception("the app broke", extra={"event": "bug"})
        if not exchange.is_whole:
            raise OriginGone(has_begun=exchange.has_begun)

    def _answered_at_once(self, scope: dict[str, Any]) -> Whole | None:
        assert self._at_once is not None
        try:
            return self._at_once(scope)
        except Exception:  # noqa: BLE001 - it is met again, and told, where the app is called
            return None


class _Exchange:
    """`receive` and `send` of one request."""

    def __init__(self, body: Body, sink: AnswerSink, *, is_head: bool) -> None:
        self._body = body
        self._body_due = trio.current_time() + BODY_SECONDS
        self._sink = sink
        self._is_head = is_head
        self._head: dict[str, Any] | None = None  # held back until the first piece of the body
        self._is_bodiless = is_head
        self.has_begun = False
        self.is_whole = False

    async def receive(self) -> dict[str, Any]:
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

    async def send(self, message: dict[str, Any]) -> None:
        """Let the sink have what the app says."""
        if message["type"] == "http.response.start" and self._head is None:
            self._head = message
            return
        if message["type"] != "http.response.body" or self._head is None or self.is_whole:
            raise RuntimeError(f"the app sent {message['type']} out of turn")
        if not self.has_begun:
            self.has_begun = True
            status = int(self._head["status"])
            self._is_bodiless = self._is_head or status in BODILESS
            await self._sink.begin(status, [(name.lower(), value) for name, value in self._head["headers"]])
        self.is_whole = not message.get("more_body", False)
        piece: bytes = b"" if self._is_bodiless else message.get("body", b"")
        await self._sink.write(piece, is_last=self.is_whole)
