"""The tunnel: dials the broker, proves the key, answers visitors, and comes back until it is stopped or refused."""

from __future__ import annotations

import logging
import signal
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn, Protocol

import trio

from agentgather.tunnel.app_origin import App, AppOrigin
from agentgather.tunnel.comeback import Comeback
from agentgather.tunnel.dial import DialFailed, NoLink, broker_address, dial
from agentgather.tunnel.final import Final
from agentgather.tunnel.handshake import TurnedAway, shake_hands
from agentgather.tunnel.host_link import HostLink
from agentgather.tunnel.keys import HostKey
from agentgather.tunnel.network import changes
from agentgather.tunnel.origin import Origin
from agentgather.tunnel.terminal import has_terminal
from agentgather.wire import faults
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Registered
from agentgather.wire.link import HostEnd

log = logging.getLogger(__name__)

HANDSHAKE_SECONDS = 10.0
DRAINED_MAX = 8  # links that their broker drained and has not ended yet, beside the one that is live
STEADY_SECONDS = 3.0  # a link that held so long was one; a broker that drops us at once is not dialled again at once
TAKEN_SECONDS = 60.0  # a slug that was ours may seem taken while its broker has not understood that we left
# Refused for good: asking again would be answered the same. A slug that is taken may be one that we just lost.
FINAL = frozenset(
    {
        "invalid_registration",
        "key_not_admitted",
        "not_a_broker",
        "origin_mismatch",
        "proof_failed",
        "registration_closed",
        "route_blocked",
        "route_slug_taken",
        "unsupported_route",
    }
)
# Ways in which a broker ends a link that are meant to be the end.
FINAL_BYES = {
    faults.REPLACED: "another process with this home's key publishes the same subdomain now",
    faults.ROUTE_CLOSED: "the broker's operator closed this route",
    faults.ROUTE_BLOCKED: "the broker's operator blocked this subdomain",
}


class News(Protocol):
    """Who hears how the tunnel is. Called synchronously; must not raise."""

    def live(self, public_url: str, route_id: str | None) -> None: ...
    def lost(self, reason: str) -> None: ...
    def ended(self, outcome: str, code: str, message: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to keep trying. Seconds."""

    first_seconds: float = 30  # when nothing ever answered: the URL is wrong, most likely
    outage_seconds: float = 86_400  # when it did: a night, a weekend's day


class _Passing(Exception):
    """Not this time."""

    def __init__(self, reason: str, retry_after_seconds: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


async def keep_tunnel(
    broker_url: str,
    slug: str,
    *,
    target_url: str | Callable[[], str],
    key: HostKey,
    news: News,
    app: App | None = None,
    goodbye: str = faults.LEAVING,
    patience: Patience = Patience(),
) -> None:
    """Publish the server at `target_url` as `slug` until cancelled; returns after `news.ended` when it cannot go on.

    `app` is that server's, when it runs in this process: it is then asked directly.
    `goodbye` is the reason given to the broker then: LEAVING keeps the route for us, ROUTE_CLOSED ends it.
    """
    if not broker_address(broker_url).is_private:
        message = "tokens would travel in the clear; a broker beyond this machine is reached by https"
        news.ended("refused", "insecure_remote", message)
        return
    origin_of_app = None if app is None or callable(target_url) else AppOrigin(app, target_url)
    async with origin_of_app or Origin(target_url) as origin, trio.open_nursery() as nursery:
        tunnel = _Tunnel(broker_url, slug, key=key, origin=origin, news=news, goodbye=goodbye, patience=patience)
        nursery.start_soon(tunnel.watch_network)
        nursery.start_soon(tunnel.watch_hangups)
        try:
            await tunnel.run(nursery)
        except Final as final:
            news.ended(final.outcome, final.code, final.message)
        nursery.cancel_scope.cancel()


@dataclass(slots=True, eq=False)
class _Life:
    """What became of a link: set before `next_wanted` is."""

    next_wanted: trio.Event = field(default_factory=trio.Event)  # it is over, or takes nothing new
    trouble: str | None = None
    final: Final | None = None
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)  # around it


class _Tunnel:
    def __init__(
        self,
        broker_url: str,
        slug: str,
        *,
        key: HostKey,
        origin: Origin,
        news: News,
        goodbye: str,
        patience: Patience,
    ) -> None:
        self._broker_url = broker_url
        self._address = broker_address(broker_url)
        self._slug = slug
        self._key = key
        self._origin = origin
        self._news = news
        self._goodbye = goodbye
        self._patience = patience
        self._comeback = Comeback()
        self._was_live = False
        self._is_told_live = False
        self._current: HostLink | None = None
        self._draining: deque[_Life] = deque()
        self._pausing = trio.CancelScope()

    async def run(self, nursery: trio.Nursery) -> None:
        """Link after link. Raises Final."""
        while True:
            try:
                await self._link(nursery)
            except (_Passing, DialFailed) as passing:
                await self._pause(str(passing), at_least=getattr(passing, "retry_after_seconds", None))
            except PeerBroke as broken:
                await self._pause(f"the broker broke a rule: {broken.reason}", at_least=None)
            except Final:
                raise
            except Exception:  # the one supervision point of dialling: the rooms are served on, come what may
                log.exception("dialling broke", extra={"event": "bug"})
                await self._pause("dialling the broker failed", at_least=None)

    async def watch_network(self) -> None:
        async for _ in changes():
            self._hurry()

    async def watch_hangups(self) -> None:
        """SIGHUP means: look now. That of a terminal which was closed means what it always does: stop."""
        had_terminal = has_terminal()
        with trio.open_signal_receiver(signal.SIGHUP) as hangups:
            async for _ in hangups:
                if had_terminal and not has_terminal():
                    signal.raise_signal(signal.SIGTERM)
                self._hurry()

    def _hurry(self) -> None:
        """Something changed: look at the link, or dial, now."""
        self._pausing.cancel()
        if self._current is not None:
            self._current.probe()

    async def _pause(self, reason: str, *, at_least: float | None) -> None:
        now = trio.current_time()
        pause = self._comeback.next_seconds(now=now, at_least=at_least)
        outage = self._comeback.outage_seconds(now=now)
        limit = self._patience.outage_seconds if self._was_live else self._patience.first_seconds
        if outage > limit:
            raise Final("given_up", "unreachable", f"{reason}; tried for {outage:.0f} seconds")
        if self._comeback.failures == 1 or self._is_told_live:
            self._is_told_live = False
            self._news.lost(reason)
        with trio.CancelScope() as self._pausing:
            await trio.sleep(pause)

    async def _link(self, nursery: trio.Nursery) -> None:
        """Dial and register; return once another link is wanted, be this one over or drained.

        Raises Final, _Passing, DialFailed, PeerBroke.
        """
        life = _Life()
        try:
            await nursery.start(self._keep_link, life)
        except NoLink as answer:
            await self._do_without(answer)
            return
        except TurnedAway as no:
            self._refused(no.code, no.message, no.retry_after_seconds)
        began = trio.current_time()
        await life.next_wanted.wait()
        is_steady = trio.current_time() - began >= STEADY_SECONDS
        if is_steady:
            self._comeback.reset()
        if life.final is not None:
            raise life.final
        if life.trouble is not None:
            raise _Passing(life.trouble)
        if not is_steady:  # a broker that drains every link as soon as it is there
            await trio.sleep(self._comeback.next_seconds(now=trio.current_time()))

    async def _keep_link(self, life: _Life, *, task_status: trio.TaskStatus[None]) -> None:
        """One link. Raises only before it is registered."""
        async with dial(self._broker_url) as socket:
            end = HostEnd()
            with trio.move_on_after(HANDSHAKE_SECONDS) as patience:
                registered, more = await shake_hands(end, socket, slug=self._slug, key=self._key, address=self._address)
            if patience.cancelled_caught:
                raise _Passing("the broker did not answer in time")
            link = HostLink(
                end,
                socket,
                self._origin,
                heartbeat_seconds=registered.heartbeat_seconds,
                on_drain=lambda: self._drained(life),
                began_with=more,
            )
            self._up(link, registered)
            task_status.started()
            try:
                with life.scope:
                    await link.keep(goodbye=self._goodbye)
            except Exception:
                log.exception("a link broke", extra={"event": "bug"})
            finally:
                if self._current is link:
                    self._current = None
                if life in self._draining:
                    self._draining.remove(life)
        if link.bye is not None and link.bye.reason in FINAL_BYES:
            life.final = Final("refused", link.bye.reason, FINAL_BYES[link.bye.reason])
        life.trouble = link.reason
        life.next_wanted.set()

    def _drained(self, life: _Life) -> None:
        """The broker takes nothing new on this link. One that keeps many of them open beside it loses the oldest."""
        life.next_wanted.set()
        self._draining.append(life)
        if len(self._draining) > DRAINED_MAX:
            self._draining.popleft().scope.cancel()

    async def _do_without(self, answer: NoLink) -> None:
        """What answers takes no link: an older broker is served in its own way. Raises Final, _Passing."""
        if answer.status in (404, 405) and answer.code == "unsupported_route":
            from agentgather.tunnel.old_relay import keep_old_relay  # only who meets an old broker needs it

            await keep_old_relay(self._broker_url, self._slug, origin=self._origin, news=self._news)
            return
        if answer.code is not None:
            self._refused(answer.code, answer.message, answer.retry_after_seconds)
        if answer.status < 500 and answer.status not in (408, 425, 429):
            message = f"what answers there is no broker: it says {answer.status}"
            if not self._was_live:
                raise Final("refused", "not_a_broker", message)
            raise _Passing(message)  # it was one; somebody's proxy stands before it at the moment
        raise _Passing(answer.message, answer.retry_after_seconds)

    def _refused(self, code: str, message: str, retry_after_seconds: float | None) -> NoReturn:
        """Raise Final, or _Passing for a refusal that may pass."""
        outage_seconds = self._comeback.outage_seconds(now=trio.current_time())
        may_be_ours = code == "route_slug_taken" and self._was_live and outage_seconds < TAKEN_SECONDS
        if code in FINAL and not may_be_ours:
            raise Final("refused", code, message)
        raise _Passing(message, retry_after_seconds)

    def _up(self, link: HostLink, registered: Registered) -> None:
        self._current = link
        self._was_live = self._is_told_live = True
        self._origin.public_url = registered.public_url
        self._news.live(registered.public_url, registered.route.get("route_id"))
