"""One client from its first byte to its last: request after request, each bounded in time."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from time import monotonic

import h11
import trio

from agentgather.serving.exchange import Exchange
from agentgather.serving.framing import Framing
from agentgather.serving.inspection import Address, asks_for_websocket, inspect, scope_of
from agentgather.serving.plain_head import Head
from agentgather.serving.refusing import (
    BROKEN,
    HEADERS_TOO_LARGE,
    SHUTTING_DOWN,
    TARGET_TOO_LONG,
    TOO_SLOW,
    Rejected,
    Rejection,
    malformed,
)
from agentgather.serving.service import Service
from agentgather.serving.wire import ClientGone, Wire

log = logging.getLogger(__name__)

# In a drain, after the connection began or an answer ended: a question may be on its way that nobody else would answer.
LAST_REQUEST_SECONDS = 0.5
GOODBYE_SECONDS = 2.0  # how long a client that still sends may take to notice that we closed our side


class Connection:
    """Serves one client until it leaves, misbehaves, or the server drains.

    While it waits for the head or the body of a request, or for a client it has said goodbye to, it is in `waiting`, with the
    time since when.
    """

    def __init__(
        self,
        stream: trio.SocketStream,
        *,
        service: Service,
        client: Address,
        server: Address,
        waiting: OrderedDict[Connection, float],
    ) -> None:
        self._service = service
        self._waiting = waiting
        self._client = client
        self._server = server
        self._wire = Wire(stream, limits=service.limits)
        self._answering: trio.CancelScope | None = None
        self._idling: trio.CancelScope | None = None
        self._parting: trio.CancelScope | None = None
        self._is_making_way = False
        self._idle_since = trio.current_time()
        self._owed = b""  # of an answer that was given at once: what the kernel did not take of it

    async def run(self) -> None:
        """Serve. Ends with the client, after the last answer, or by what the app could not keep to itself."""
        self._wire.on_gone = self._client_left
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._wire.keep_reading)
                try:
                    await self._serve()
                except ClientGone:
                    pass
                nursery.cancel_scope.cancel()
        finally:
            self._wire.on_gone = None  # a circle would keep all of this until the collector comes by

    async def turn_away(self, rejection: Rejection, *, seconds: float) -> None:
        """Answer whatever comes with `rejection`, and close, within `seconds`."""
        with trio.move_on_after(seconds):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._wire.keep_reading)
                await self._reject(rejection)
                nursery.cancel_scope.cancel()

    def drain(self) -> None:
        """Finish the request that is being answered, say that it is the last, and end; an idle connection ends now.

        A client that has only just connected, or been answered, may ask once more: it cannot know yet.
        """
        self._wire.is_last = True
        if self._idling is not None:
            self._idling.deadline = min(self._idling.deadline, self._idle_since + LAST_REQUEST_SECONDS)

    def make_way(self) -> None:
        """End at once and without a word, as one that is in `waiting`: somebody else needs the place."""
        self._is_making_way = True
        for scope in (self._idling, self._answering, self._parting):
            if scope is not None:
                scope.cancel()

    def _client_left(self) -> None:
        if self._answering is not None:
            self._answering.cancel()

    async def _serve(self) -> None:
        wire, seconds = self._wire, self._service.limits.header_seconds
        while True:
            try:
                request = await self._next_request(LAST_REQUEST_SECONDS if wire.is_last else seconds)
            except Rejected as rejected:
                await self._reject(rejected.rejection)
                return
            if request is None:
                if not self._owed:
                    return
                owed, self._owed = self._owed, b""
                await wire.write(owed)
                seconds, self._idle_since = self._service.limits.idle_seconds, trio.current_time()
                continue
            if self._service.websockets and asks_for_websocket(request):
                from agentgather.serving.websocket import keep_websocket  # wsproto is only for who wants it

                await keep_websocket(wire, request, service=self._service, client=self._client, server=self._server)
                await self._say_goodbye()
                return
            if not await self._answer(request):
                if wire.has_begun or wire.is_in_request:
                    await self._say_goodbye()
                return
            wire.begin_again()
            if wire.has_begun:
                await trio.lowlevel.checkpoint()  # nobody's pipeline may keep everyone else waiting
            seconds, self._idle_since = self._service.limits.idle_seconds, trio.current_time()

    async def _next_request(self, seconds: float) -> Head | None:
        """The head of the next request, inspected; None when none comes within `seconds`, or when some of an answer is owed.
        Raises Rejected.
        """
        wire, limits = self._wire, self._service.limits
        self._waiting[self] = now = trio.current_time()
        try:
            with trio.CancelScope(deadline=now + seconds) as self._idling:
                await self._arrival()
                if self._owed:
                    return None
                if not wire.is_last:
                    self._idling.deadline = trio.current_time() + limits.header_seconds
                head, head_bytes = await wire.next_head()
            if self._idling.cancelled_caught:
                if not wire.has_begun or self._is_making_way:
                    return None
                raise Rejected(SHUTTING_DOWN if wire.is_last else TOO_SLOW)
        except h11.RemoteProtocolError as error:
            if error.error_status_hint == 431:
                raise Rejected(HEADERS_TOO_LARGE if wire.has_request_line() else TARGET_TOO_LONG) from None
            raise Rejected(malformed()) from None
        finally:
            self._idling = None
            self._waiting.pop(self, None)
        if head is None:
            return None  # the client is gone
        inspect(head, head_bytes=head_bytes, limits=limits, websockets=self._service.websockets)
        return head

    async def _arrival(self) -> None:
        """Return once something is here that is not answered at once, or the client is gone."""
        wire = self._wire
        wire.on_bytes = self._answers_at_once if self._service.at_once is not None else None
        try:
            while not (wire.has_begun or wire.is_gone or self._owed):
                await wire.arrival()
        finally:
            wire.on_bytes = None

    def _answers_at_once(self) -> bool:
        """Whether all that is here was one request, and is answered. It is only looked at whether that can be: whatever else is
        wrong with a request is met again where requests are waited for and supervised.
        """
        wire, service, started = self._wire, self._service, monotonic()
        plain = None if wire.is_last or self._owed or self._is_making_way else wire.plain_head()
        if plain is None or plain[0].body_bytes or service.at_once is None or self._idling is None:
            return False
        head, head_bytes = plain
        try:
            inspect(head, head_bytes=head_bytes, limits=service.limits, websockets=service.websockets)
            scope = scope_of(head, client=self._client, server=self._server)
            answer = service.at_once(scope)
            if answer is None:
                return False
            framing = Framing(
                answer.status,
                service.dated(answer.headers),
                is_head=head.method == b"HEAD",
                is_http_1_0=False,
                is_last=False,
            )
            content = framing.head + framing.piece(answer.body) + framing.end()
        except (Exception, SystemExit, GeneratorExit):  # noqa: BLE001
            return False
        if framing.is_last:
            return False
        wire.take_plain_head()
        self._owed = wire.write_at_once(content)
        self._idle_since = now = trio.current_time()
        self._idling.deadline = now + service.limits.idle_seconds
        if self in self._waiting:
            self._waiting[self] = now
            self._waiting.move_to_end(self)
        if service.on_answered is not None:
            path, sent = scope["raw_path"].decode("ascii", "replace"), len(answer.body) if framing.has_body else 0
            service.on_answered(scope["method"], path, answer.status, (monotonic() - started) * 1000, sent)
        return not self._owed and not wire.has_begun

    async def _answer(self, request: Head) -> bool:
        """Let the app answer; whether the client may ask again.

        The one supervision point of a request: whatever the app raises ends here.
        """
        started = monotonic()
        exchange = Exchange(self._wire, request, service=self._service, on_body=self._body_is_awaited)
        scope = scope_of(request, client=self._client, server=self._server)
        try:
            with trio.CancelScope() as self._answering:
                if self._wire.is_gone:  # a client that closes its side has left, whenever we happen to notice
                    self._answering.cancel()
                await self._service.call(scope, exchange.receive, exchange.send)
                if not exchange.is_complete:
                    raise RuntimeError("the app returned without a whole answer")
        except* Rejected as group:
            await exchange.reject(_rejection(group))
        except* ClientGone:
            pass
        except* (Exception, SystemExit, GeneratorExit) as group:
            error_id = secrets.token_hex(4)
            log.error("the app broke", exc_info=_alone(group), extra={"event": "bug", "error_id": error_id})
            await exchange.reject(BROKEN, error_id=error_id)
        finally:
            self._answering = None
            self._waiting.pop(self, None)
            if self._service.on_answered is not None and exchange.status is not None:
                took_ms = (monotonic() - started) * 1000
                path = scope["raw_path"].decode("ascii", "replace")
                self._service.on_answered(scope["method"], path, exchange.status, took_ms, exchange.bytes_sent)
        if not exchange.is_complete:
            self._wire.cut()
            raise ClientGone
        return not exchange.is_last and self._wire.is_reusable

    def _body_is_awaited(self, is_awaited: bool) -> None:
        """Since when we wait is not renewed by what comes of a body: who drips is waited for longest."""
        if is_awaited:
            self._waiting.setdefault(self, trio.current_time())
        else:
            self._waiting.pop(self, None)

    async def _reject(self, rejection: Rejection) -> None:
        """Answer a request that no app hears of, and close."""
        await self._wire.write(self._service.rejecting(rejection))
        if self._service.on_answered is not None:
            self._service.on_answered("-", "-", rejection.status, 0, 0)
        await self._say_goodbye()

    async def _say_goodbye(self) -> None:
        self._waiting[self] = trio.current_time()
        try:
            with trio.move_on_after(GOODBYE_SECONDS) as self._parting:
                await self._wire.say_goodbye()
        finally:
            self._waiting.pop(self, None)


def _rejection(group: BaseExceptionGroup[Rejected]) -> Rejection:
    """What is to be answered. No variable of the frame that caught it: its trace would make a circle of the two."""
    rejected = _alone(group)
    assert isinstance(rejected, Rejected)
    return rejected.rejection


def _alone(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first exception of `group` that is not a group itself."""
    leaf: BaseException = group
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    return leaf
