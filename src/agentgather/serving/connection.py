"""One client from its first byte to its last: request after request, each bounded in time, none able to hurt another."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any

import h11
import trio

from agentgather.serving.exchange import Exchange
from agentgather.serving.inspection import Address, inspect, scope_of
from agentgather.serving.limits import ServingLimits
from agentgather.serving.refusing import BROKEN, HEADERS_TOO_LARGE, TOO_SLOW, Headers, Refused, malformed
from agentgather.serving.wire import ClientGone, Wire

log = logging.getLogger(__name__)

GOODBYE_SECONDS = 1.0  # how long a client may take to notice that we closed our side

App = Callable[[Any, Any, Any], Awaitable[None]]
# method, path without query, status, milliseconds, bytes of the answer's body
OnAnswered = Callable[[str, str, int, float, int], None]


class Connection:
    """Serves one client until it leaves, misbehaves, or the server drains."""

    def __init__(
        self,
        stream: trio.SocketStream,
        app: App,
        *,
        limits: ServingLimits,
        refusal_headers: Headers,
        on_answered: OnAnswered | None,
        client: Address,
        server: Address,
    ) -> None:
        self._app = app
        self._limits = limits
        self._refusal_headers = refusal_headers
        self._on_answered = on_answered
        self._client = client
        self._server = server
        self._wire = Wire(stream, limits=limits)
        self._wire.on_gone = self._client_left
        self._answering: trio.CancelScope | None = None
        self._idling: trio.CancelScope | None = None
        self._is_last = False

    async def run(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._wire.keep_reading)
            try:
                await self._serve()
                if self._wire.has_unread:
                    with trio.move_on_after(GOODBYE_SECONDS):
                        await self._wire.say_goodbye()
            except ClientGone:
                pass
            nursery.cancel_scope.cancel()

    async def refuse(self, refused: Refused) -> None:
        """Answer whatever comes with `refused`, and close."""
        head, body = refused.answer(self._refusal_headers)
        await self._wire.send(head, h11.Data(data=body), h11.EndOfMessage())

    def drain(self) -> None:
        """Finish the request that is being answered, take no other; an idle connection ends now."""
        self._is_last = True
        if self._idling is not None:
            self._idling.cancel()

    def _client_left(self) -> None:
        if self._answering is not None:
            self._answering.cancel()

    async def _serve(self) -> None:
        seconds = self._limits.header_seconds
        while not self._is_last:
            try:
                request = await self._next_request(seconds)
                if request is None:
                    return
                await self._answer(request)
            except Refused as refused:
                await self._refuse_unparsed(refused)
                return
            parser = self._wire.parser
            if self._wire.is_gone or parser.our_state is not h11.DONE or parser.their_state is not h11.DONE:
                return
            parser.start_next_cycle()
            seconds = self._limits.idle_seconds

    async def _next_request(self, seconds: float) -> h11.Request | None:
        """The head of the next request, inspected; None when the client has none in `seconds`. Raises Refused."""
        try:
            with trio.CancelScope(deadline=trio.current_time() + seconds) as self._idling:
                if not self._wire.has_begun:
                    await self._wire.wait_for_bytes()
                self._idling.deadline = trio.current_time() + self._limits.header_seconds
                event = await self._wire.next_event()
            if self._idling.cancelled_caught:
                if self._wire.has_begun:
                    raise TOO_SLOW
                return None
        except h11.RemoteProtocolError as error:
            raise HEADERS_TOO_LARGE if error.error_status_hint == 431 else malformed() from None
        finally:
            self._idling = None
        if not isinstance(event, h11.Request):
            return None
        inspect(event, limits=self._limits)
        return event

    async def _answer(self, request: h11.Request) -> None:
        """Let the app answer. The one supervision point of a request: whatever it raises ends here."""
        started = monotonic()
        exchange = Exchange(self._wire, request, limits=self._limits)
        scope = scope_of(request, client=self._client, server=self._server)
        try:
            with trio.CancelScope() as self._answering:
                if self._wire.is_gone:  # a client that closes its side has left, whenever we happen to notice
                    self._answering.cancel()
                await self._app(scope, exchange.receive, exchange.send)
                if not exchange.is_complete:
                    raise RuntimeError("the app returned without an answer")
        except* Refused as group:
            await exchange.refuse(_first(group), headers=self._refusal_headers)
        except* h11.RemoteProtocolError:
            await exchange.refuse(malformed("the body is not well-formed"), headers=self._refusal_headers)
        except* ClientGone:
            pass
        except* Exception:
            log.exception("the app broke", extra={"event": "bug", "method": scope["method"]})
            await exchange.refuse(BROKEN, headers=self._refusal_headers)
        finally:
            self._answering = None
            if self._on_answered is not None and exchange.status is not None:
                took_ms = (monotonic() - started) * 1000
                self._on_answered(scope["method"], scope["path"], exchange.status, took_ms, exchange.bytes_sent)
        if not exchange.is_complete:
            raise ClientGone

    async def _refuse_unparsed(self, refused: Refused) -> None:
        if self._wire.parser.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            await self.refuse(refused)


def _first(group: BaseExceptionGroup[Refused]) -> Refused:
    leaf: Any = group
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Refused)
    return leaf
