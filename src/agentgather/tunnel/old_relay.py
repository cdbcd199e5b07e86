"""The relay of 0.1, for a broker without links: the host asks for requests, one at a time, and posts the answers.

Unlike a host of 0.1 it has hands for every request that its broker admits, and no blip ends it: it keeps its route while it
has one, registers again when it has not, and comes back until it is cancelled. A visitor who leaves is not heard of here.
"""

from __future__ import annotations

import json
import logging
from contextlib import aclosing
from typing import Protocol

import trio

from agentgather.tunnel.comeback import Comeback
from agentgather.tunnel.dial import DialFailed
from agentgather.tunnel.final import Final
from agentgather.tunnel.old_broker import BrokerSaid, OldBroker, OldRequest, OldResponse, OldRoute
from agentgather.tunnel.origin import Origin, OriginAnswer, OriginGone

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10.0
POLL_SECONDS = 0.05  # between polls that were answered at once with nothing
HELD_SECONDS = 1.0  # a poll that took longer was held: the next one needs no pause
POLLERS = 4  # while requests come in; one when nothing does
HANDLERS_MAX = 96  # the broker admits 64 requests, and some answers are still on their way up
ANSWER_BYTES_MAX = 1_048_576  # what crosses
ANSWER_SECONDS = 36.0  # the broker gives up after 35
RESPOND_SECONDS = 30.0  # to bring an answer back over a bad network
OURS_SECONDS = 900.0  # a route that we lost keeps its slug from us for so long: the broker's idle expiry
SETTLED_SECONDS = 10.0  # a route that lived so long was no mistake
CLOSE_SECONDS = 2.0
LOST = frozenset({"route_closed", "route_expired", "route_not_found", "unsupported_route"})
# What a broker says that is another one by now: it may take links.
CHANGED = frozenset({"registration_closed", "unsupported_route"})
_PASSED = frozenset(
    b"content-type content-security-policy x-content-type-options referrer-policy cache-control etag retry-after".split()
)


class News(Protocol):
    """Who hears how the tunnel is. Called synchronously; must not raise."""

    def live(self, public_url: str, route_id: str | None) -> None: ...
    def lost(self, reason: str) -> None: ...


async def keep_old_relay(
    broker_url: str,
    slug: str,
    *,
    origin: Origin,
    news: News,
    heartbeat_seconds: float = HEARTBEAT_SECONDS,
    ours_seconds: float = OURS_SECONDS,
    outage_seconds: float = 86_400,
) -> None:
    """Answer visitors of `slug` from `origin` until cancelled; the route is closed then.

    Returns when the broker, after it has worked, became one that should be dialled anew. Raises Final: refused for good, or
    given up after `outage_seconds` without a broker.
    """
    async with OldBroker(broker_url) as broker:
        relay = _OldRelay(broker, f"{broker_url.rstrip('/')}/{slug}", slug, origin=origin, news=news)
        relay.heartbeat_seconds, relay.ours_seconds, relay.outage_seconds = (
            heartbeat_seconds,
            ours_seconds,
            outage_seconds,
        )
        await relay.run()


class _RouteLost(Exception):
    """The broker does not know the route any more."""


class _OldRelay:
    heartbeat_seconds = HEARTBEAT_SECONDS
    ours_seconds = OURS_SECONDS
    outage_seconds = 86_400.0

    def __init__(self, broker: OldBroker, public_url: str, slug: str, *, origin: Origin, news: News) -> None:
        self._broker = broker
        self._public_url = public_url
        self._slug = slug
        self._origin = origin
        self._news = news
        self._is_up = False
        self._was_up = False
        self._held_at: float | None = None  # when the slug was ours, or may have become so, for the last time
        self._slots = trio.Semaphore(HANDLERS_MAX)
        self._rush = trio.Event()  # set while requests come in

    async def run(self) -> None:
        comeback = Comeback()
        while (route := await self._register(comeback)) is not None:
            began = trio.current_time()
            self._up(route)
            try:
                await self._serve(route)
            finally:
                await self._close(route)
            if trio.current_time() - began >= SETTLED_SECONDS:
                comeback.reset()
            await self._pause(comeback, "the broker does not know our route any more")

    async def _register(self, comeback: Comeback) -> OldRoute | None:
        """A route; None when the broker has changed so that it should be dialled anew. Raises Final."""
        while True:
            try:
                return await self._broker.register(self._slug)
            except DialFailed as failed:
                self._held_at = self._held_at or trio.current_time()  # it may have been heard all the same
                await self._pause(comeback, str(failed))
            except BrokerSaid as said:
                if self._was_up and said.code in CHANGED:
                    return None
                if not (said.is_passing or self._may_pass(said)):
                    raise Final("refused", said.code or "not_a_broker", said.message) from None
                await self._pause(comeback, said.message, at_least=said.retry_after_seconds)

    def _may_pass(self, said: BrokerSaid) -> bool:
        """Whether the no may be about our own route of before, or not the broker's at all."""
        if said.code == "route_slug_taken":
            return self._held_at is not None and trio.current_time() - self._held_at < self.ours_seconds
        return said.code is None and self._was_up

    async def _serve(self, route: OldRoute) -> None:
        """Keep the route until the broker has lost it. Raises Final."""
        self._rush = trio.Event()
        try:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._keep_alive, route)
                for number in range(POLLERS):
                    nursery.start_soon(self._keep_polling, route, nursery, number)
        except* _RouteLost:
            pass
        except* Final as finals:
            raise _first(finals) from None

    async def _keep_alive(self, route: OldRoute) -> None:
        comeback = Comeback()
        while True:
            await trio.sleep(self.heartbeat_seconds)
            while not await self._is_heard(route, comeback):
                pass

    async def _is_heard(self, route: OldRoute, comeback: Comeback) -> bool:
        """Whether a heartbeat was answered; after a pause, if not."""
        try:
            await self._broker.heartbeat(route)
        except (DialFailed, BrokerSaid) as failed:
            await self._look_at(failed, comeback)
            return False
        self._up(route)
        comeback.reset()
        return True

    async def _keep_polling(self, route: OldRoute, nursery: trio.Nursery, number: int) -> None:
        """Fetch requests. The first poller always asks, the others while requests come in."""
        comeback = Comeback()
        while True:
            if number > 0:
                await self._rush.wait()
            await self._slots.acquire()
            request = None
            began = trio.current_time()
            try:
                request = await self._broker.poll(route)
            except (DialFailed, BrokerSaid) as failed:
                self._slots.release()
                await self._look_at(failed, comeback)
                continue
            except BaseException:
                self._slots.release()
                raise
            self._up(route)
            comeback.reset()
            if request is not None:
                self._rush.set()
                nursery.start_soon(self._handle, route, request)
                continue
            self._slots.release()
            self._rush = trio.Event()
            if number == 0 and trio.current_time() - began < HELD_SECONDS:
                await trio.sleep(POLL_SECONDS)

    async def _handle(self, route: OldRoute, request: OldRequest) -> None:
        """One request. The one supervision point of it: whatever goes wrong with it ends here."""
        try:
            with trio.move_on_after(ANSWER_SECONDS):
                response = await self._ask_room(request)
                with trio.move_on_after(RESPOND_SECONDS):
                    await self._respond(route, request, response)
        except Exception:
            log.exception("a request through the relay broke", extra={"event": "bug"})
        finally:
            self._slots.release()

    async def _ask_room(self, request: OldRequest) -> OldResponse:
        if not request.is_proper:
            return _failure(400, "bad_request", "that is no request for a room; use the URL of your invitation")
        try:
            async with self._origin.ask(request.method, request.target, request.headers, request.body) as answer:
                return await _whole(answer)
        except OriginGone:
            return _failure(
                502, "host_unavailable", "the host is connected and its room is not; it may be restarting. Try again"
            )

    async def _respond(self, route: OldRoute, request: OldRequest, response: OldResponse) -> None:
        """Bring the answer to the broker, however often it takes; nobody is told when nobody waits for it any more."""
        comeback = Comeback()
        while True:
            try:
                await self._broker.respond(route, request.id, response)
                return
            except DialFailed:
                pass
            except BrokerSaid as said:
                if said.code is not None and not (said.is_passing and said.code != "response_too_large"):
                    return
            await trio.sleep(comeback.next_seconds(now=trio.current_time()))

    async def _look_at(self, failed: DialFailed | BrokerSaid, comeback: Comeback) -> None:
        """What a failed heartbeat or poll means: the route is lost, or it is worth another try after a pause."""
        if isinstance(failed, BrokerSaid):
            if failed.code in LOST:
                raise _RouteLost
            await self._pause(comeback, failed.message, at_least=failed.retry_after_seconds)
        else:
            await self._pause(comeback, str(failed))

    async def _pause(self, comeback: Comeback, reason: str, *, at_least: float | None = None) -> None:
        now = trio.current_time()
        seconds = comeback.next_seconds(now=now, at_least=at_least)
        outage = comeback.outage_seconds(now=now)
        if outage > self.outage_seconds:
            raise Final("given_up", "unreachable", f"{reason}; tried for {outage:.0f} seconds")
        if self._is_up:
            self._is_up = False
            self._news.lost(reason)
        await trio.sleep(seconds)

    def _up(self, route: OldRoute) -> None:
        self._held_at = trio.current_time()
        if not self._is_up:
            self._is_up = self._was_up = True
            self._origin.public_url = self._public_url
            self._news.live(self._public_url, route.route_id)

    async def _close(self, route: OldRoute) -> None:
        """Give the slug back, so that it can be taken again at once."""
        with trio.move_on_after(CLOSE_SECONDS, shield=True):
            try:
                await self._broker.close(route)
            except (DialFailed, BrokerSaid):
                pass


async def _whole(answer: OriginAnswer) -> OldResponse:
    """The room's answer as it crosses; one that cannot is let go of at once, not read to its end."""
    headers = dict(answer.headers)
    if headers.get(b"content-type", b"").lower().startswith(b"text/event-stream"):
        return _failure(
            502, "events_not_relayed", "this public address runs over an older broker, which passes no streams; use /wait"
        )
    if int(headers.get(b"content-length", b"0")) > ANSWER_BYTES_MAX:
        return _too_large()
    body = bytearray()
    async with aclosing(answer.pieces()) as pieces:
        async for piece in pieces:
            body += piece
            if len(body) > ANSWER_BYTES_MAX:
                return _too_large()
    passed = tuple((name, value) for name, value in answer.headers if name in _PASSED)
    return OldResponse(answer.status, passed, bytes(body))


def _too_large() -> OldResponse:
    return _failure(
        502, "response_too_large", f"the answer has more than {ANSWER_BYTES_MAX} bytes; ask for less with limit"
    )


def _failure(status: int, code: str, message: str) -> OldResponse:
    body = json.dumps({"ok": False, "error": code, "message": message}, separators=(",", ":")).encode() + b"\n"
    headers = ((b"content-type", b"application/json; charset=utf-8"), (b"cache-control", b"no-store"))
    return OldResponse(status, headers, body)


def _first(finals: BaseExceptionGroup[Final]) -> Final:
    leaf: BaseException = finals
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Final)
    return leaf
