"""The relay of 0.1, for a broker without links: the host asks for requests, one at a time, and posts the answers.

Unlike a host of 0.1 it has hands for every request that its broker admits, and no blip ends it: it keeps its route while it
has one, registers again when it has not, and comes back until it is cancelled. A visitor who leaves is not heard of here.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Protocol

import trio

from agentgather.tunnel.comeback import Comeback
from agentgather.tunnel.dial import DialFailed
from agentgather.tunnel.final import Final
from agentgather.tunnel.old_broker import BrokerSaid, OldBroker, Unanswered
from agentgather.tunnel.old_messages import OldRequest, OldResponse, OldRoute
from agentgather.tunnel.old_replay import ask_room
from agentgather.tunnel.origin import Origin

log = logging.getLogger(__name__)

HELD_SECONDS = 1.0  # a poll that took longer was held: the next one needs no pause
POLLERS = 4  # while requests come in; one when nothing does
HANDLERS_MAX = 96  # the broker admits 64 requests, and some answers are still on their way up
ANSWER_SECONDS = 36.0  # the broker gives up after 35
RESPOND_SECONDS = 30.0  # to bring an answer back over a bad network
SETTLED_SECONDS = 10.0  # a route that lived so long was no mistake
CLOSE_SECONDS = 2.0
LOST = frozenset({"route_closed", "route_expired", "route_not_found", "unsupported_route"})
# What a broker says that is another one by now: it may take links.
CHANGED = frozenset({"registration_closed", "unsupported_route"})


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to give signs of life, and how long to keep trying. Seconds."""

    heartbeat_seconds: float = 10  # the contract's
    ours_seconds: float = 900  # a route that we lost keeps its slug from us for so long: the broker's idle expiry
    poll_seconds: float = 0.05  # between polls that were answered at once with nothing
    outage_seconds: float = 86_400  # without a broker: a night, a weekend's day


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
    pace: Pace = Pace(),
) -> None:
    """Answer visitors of `slug` from `origin` until cancelled; the route is closed then.

    Returns when the broker, after it has worked, became one that should be dialled anew. Raises Final: refused for good,
    or given up after `pace.outage_seconds` without a broker.
    """
    async with OldBroker(broker_url) as broker:
        relay = _OldRelay(broker, f"{broker_url.rstrip('/')}/{slug}", slug, origin=origin, news=news, pace=pace)
        await relay.run()


class _RouteLost(Exception):
    """The broker does not know the route any more."""


class _OldRelay:
    def __init__(
        self, broker: OldBroker, public_url: str, slug: str, *, origin: Origin, news: News, pace: Pace
    ) -> None:
        self._broker = broker
        self._public_url = public_url
        self._slug = slug
        self._origin = origin
        self._news = news
        self._pace = pace
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
            self._down("the broker does not know our route any more")
            if trio.current_time() - began >= SETTLED_SECONDS:
                comeback.reset()
            await self._pause(comeback, "the broker keeps no route of ours")

    async def _register(self, comeback: Comeback) -> OldRoute | None:
        """A route; None when the broker has changed so that it should be dialled anew. Raises Final."""
        while True:
            try:
                return await self._broker.register(self._slug)
            except DialFailed as failed:
                if isinstance(failed, Unanswered):
                    self._held_at = trio.current_time()  # the slug may have become ours, and we not know
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
            return self._held_at is not None and trio.current_time() - self._held_at < self._pace.ours_seconds
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
            await trio.sleep(self._pace.heartbeat_seconds)
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
            request = failed = None
            began = trio.current_time()
            try:
                request = await self._broker.poll(route)
            except (DialFailed, BrokerSaid) as error:
                failed = error
            finally:
                if request is None:
                    self._slots.release()
            if failed is not None:
                await self._look_at(failed, comeback)
                continue
            self._up(route)
            comeback.reset()
            if request is not None:
                self._rush.set()
                nursery.start_soon(self._handle, route, request)
                continue
            if self._rush.is_set():
                self._rush = trio.Event()
            if number == 0 and trio.current_time() - began < HELD_SECONDS:
                await trio.sleep(self._pace.poll_seconds)

    async def _handle(self, route: OldRoute, request: OldRequest) -> None:
        """One request. The one supervision point of it: whatever goes wrong with it ends here."""
        try:
            with trio.move_on_after(ANSWER_SECONDS):
                response = await ask_room(self._origin, request)
                with trio.move_on_after(RESPOND_SECONDS):
                    await self._respond(route, request, response)
        except Exception:
            log.exception("a request through the relay broke", extra={"event": "bug"})
        finally:
            self._slots.release()

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
        if outage > self._pace.outage_seconds:
            raise Final("given_up", "unreachable", f"{reason}; tried for {outage:.0f} seconds")
        if comeback.failures > 1:  # a kept connection that the other side had closed is no outage
            self._down(reason)
        await trio.sleep(seconds)

    def _up(self, route: OldRoute) -> None:
        self._held_at = trio.current_time()
        if not self._is_up:
            self._is_up = self._was_up = True
            self._origin.public_url = self._public_url
            self._news.live(self._public_url, route.route_id)

    def _down(self, reason: str) -> None:
        if self._is_up:
            self._is_up = False
            self._news.lost(reason)

    async def _close(self, route: OldRoute) -> None:
        """Give the slug back, so that it can be taken again at once."""
        with trio.move_on_after(CLOSE_SECONDS, shield=True):
            try:
                await self._broker.close(route)
            except (DialFailed, BrokerSaid):
                pass


def _first(finals: BaseExceptionGroup[Final]) -> Final:
    leaf: BaseException = finals
    while isinstance(leaf, BaseExceptionGroup):
        leaf = leaf.exceptions[0]
    assert isinstance(leaf, Final)
    return leaf
