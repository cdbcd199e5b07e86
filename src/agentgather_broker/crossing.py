"""Where visitors and hosts meet: which host answers for a slug, and who waits while it is away."""

from __future__ import annotations

import trio

from agentgather_broker.host_requests import AnswerSink, Host, HostLost, Request
from agentgather_broker.refusals import Refused

AWAY_RETRY_SECONDS = 5  # what a visitor is told who waited for a host in vain
LEAVING_RETRY_SECONDS = 1  # and one who met a broker that leaves: the next one is there, or soon will be
REPLAYS_SECONDS_MAX = 90.0  # since its beginning, a request is asked again; beyond, its client has long given up


class Crossing:
    """`park_seconds` a request waits for its host, at most `park_max` of them with `park_bytes_max` bytes of bodies."""

    def __init__(self, *, park_seconds: float, park_max: int, park_bytes_max: int) -> None:
        self._park_seconds = park_seconds
        self._park_max = park_max
        self._park_bytes_max = park_bytes_max
        self._hosts: dict[str, Host] = {}
        self._arrivals: dict[str, trio.Event] = {}
        self._waiters: dict[str, int] = {}
        self._parked_bytes = 0
        self._is_closing = False

    @property
    def host_count(self) -> int:
        return len(self._hosts)

    @property
    def parked_count(self) -> int:
        return sum(self._waiters.values())

    def host_of(self, slug: str) -> Host | None:
        return self._hosts.get(slug)

    def arrive(self, slug: str, host: Host) -> Host | None:
        """`host` answers for `slug` from now on; the one that did before, if any. Whoever waited goes on."""
        before = self._hosts.get(slug)
        self._hosts[slug] = host
        if (arrival := self._arrivals.pop(slug, None)) is not None:
            arrival.set()
        return before

    def depart(self, slug: str, host: Host) -> bool:
        """`host` takes nothing new for `slug`. False when another has taken its place before."""
        if self._hosts.get(slug) is not host:
            return False
        del self._hosts[slug]
        return True

    def dismiss(self, slug: str) -> None:
        """Nobody comes for `slug` any more: who waits for it is told at once."""
        if (arrival := self._arrivals.pop(slug, None)) is not None:
            arrival.set()

    def close(self) -> None:
        """Nobody comes at all any more: this broker is leaving."""
        self._is_closing = True
        for slug in list(self._arrivals):
            self.dismiss(slug)

    async def relay(self, slug: str, request: Request, sink: AnswerSink) -> None:
        """Have `request` answered by the host of `slug`: by this one, or by the link that it comes back on.

        Raises Refused `host_unavailable`: 503 when no host came in time, 502 for a write that may have reached one.
        """
        began = trio.current_time()
        while True:
            host = self._hosts.get(slug) or await self._arrival(slug, request)
            try:
                await host.relay(request, sink)
            except HostLost as lost:
                self.depart(slug, host)
                if sink.has_begun:
                    raise
                if lost.was_handed and not request.is_read:
                    raise Refused(
                        "host_unavailable",
                        "the host was lost before it answered; it may have done what you asked. Send a message again with "
                        "the same client_msg_id: it is recorded once",
                    ) from None
                if trio.current_time() - began > REPLAYS_SECONDS_MAX:
                    raise away() from None
            else:
                return

    async def _arrival(self, slug: str, request: Request) -> Host:
        """The host of `slug` once it is there. Raises Refused when it does not come in time, or too many wait."""
        if self._is_closing:
            raise leaving()
        if self.parked_count >= self._park_max or self._parked_bytes + len(request.body) > self._park_bytes_max:
            raise away()
        self._waiters[slug] = self._waiters.get(slug, 0) + 1
        self._parked_bytes += len(request.body)
        try:
            with trio.move_on_after(self._park_seconds):
                await self._arrivals.setdefault(slug, trio.Event()).wait()
        finally:
            self._parked_bytes -= len(request.body)
            self._waiters[slug] -= 1
            if not self._waiters[slug]:
                del self._waiters[slug]
                self._arrivals.pop(slug, None)
        host = self._hosts.get(slug)
        if host is None:
            raise leaving() if self._is_closing else away()
        return host


def leaving() -> Refused:
    """This broker goes, and another one may be there already."""
    return Refused(
        "host_unavailable",
        "this broker is being restarted; ask again on a new connection",
        status=503,
        retry_after_seconds=LEAVING_RETRY_SECONDS,
    )


def away() -> Refused:
    """Nobody answers for the room at the moment."""
    return Refused(
        "host_unavailable",
        "the room's host is away; it usually comes back by itself. Try again in a few seconds",
        status=503,
        retry_after_seconds=AWAY_RETRY_SECONDS,
    )
