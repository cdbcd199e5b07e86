"""Who owns which slug, and until when. Pure: the time is passed in, and so is where ids come from.

A slug belongs to the key that first took it: while its route lives, and for a cool-down after. Within that time only this key
comes back, and it comes back at once. A host without a key (0.1) owns its route by its connection id alone, and leaves no lease.

What has come to its time is over for whoever asks, looked at or not; `expire` is there to tell the others of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from agentgather_broker.refusals import CLOSED_MESSAGE, EXPIRED_MESSAGE, Refused
from agentgather_broker.shape import RouteLimits

ACTIVE = "active"
BLOCKED = "blocked"  # the owner of a slug that nobody may have
ENDED_SECONDS_MAX = 3_600  # a route that ended is remembered, so that a late visitor hears 410 and not 404
LEASES_PER_ROUTE_MAX = 2  # leases, as a multiple of the live routes: the file of them is written at every change
LEASES_PER_KEY_MAX = 1_024  # a key that takes and drops slugs comes to an end before the table does
FULL_RETRY_SECONDS = 60  # a guess: routes end when their hosts are gone
SWEEP_SECONDS = 60  # between looks at all that is remembered; what is asked about is looked at each time


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of a key (by its fingerprint) to a slug."""

    slug: str
    owner: str
    until: datetime


@dataclass(slots=True)
class Route:
    """`owner` is a key's fingerprint, None for a host of 0.1. `status` is active, closed or expired."""

    slug: str
    owner: str | None
    route_id: str
    host_connection_id: str
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    status: str = ACTIVE

    def metadata(self) -> dict[str, str]:
        """The seven keys that hosts get to see (contract section 6.2)."""
        return {
            "route_slug": self.slug,
            "route_id": self.route_id,
            "host_connection_id": self.host_connection_id,
            "created_at": in_utc(self.created_at),
            "last_seen_at": in_utc(self.last_seen_at),
            "expires_at": in_utc(self.expires_at),
            "status": self.status,
        }


class Routes:
    """The table of routes and leases. `mint` makes an id that nobody guesses, with the prefix it is given."""

    def __init__(self, limits: RouteLimits, *, mint: Callable[[str], str]) -> None:
        self._limits = limits
        self._idle = timedelta(minutes=limits.idle_minutes)
        self._lifetime = timedelta(hours=limits.lifetime_hours)
        self._cooldown = timedelta(hours=limits.cooldown_hours)
        self._mint = mint
        self._active: dict[str, Route] = {}
        self._ended: dict[str, tuple[str, datetime]] = {}  # slug -> how it ended, and when; the oldest first
        self._leases: dict[str, Lease] = {}
        self._blocks: dict[str, Lease] = {}  # beside the lease of who had the slug before, and has it again after
        self._lapsed: list[Route] = []  # over since the last `expire`, which has yet to name them
        self._sweep_at: datetime | None = None

    def __iter__(self) -> Iterator[Route]:
        return iter(list(self._active.values()))

    def __len__(self) -> int:
        return len(self._active)

    def register(self, slug: str, owner: str | None, *, now: datetime) -> Route:
        """Give `slug` to `owner`. The same key gets its own route again, with a new connection id.

        Raises Refused `route_slug_taken`, `route_blocked`, or `rate_limited` when the tables are full.
        """
        self._let_go(slug, now)
        if slug in self._blocks:
            raise Refused("route_blocked", "the operator of this broker has blocked this subdomain")
        lease = self._leases.get(slug)
        if lease is not None and lease.owner != owner:
            raise _taken()
        route = self._active.get(slug)
        if route is not None:
            if owner is None or route.owner != owner:
                raise _taken()
            route.host_connection_id = self._mint("conn_")
            self.touch(route, now=now)
            return route
        self._check_room(slug, owner)
        expires_at = min(now + self._idle, now + self._lifetime)
        route = Route(slug, owner, self._mint("rte_"), self._mint("conn_"), now, now, expires_at)
        self._active[slug] = route
        self._ended.pop(slug, None)
        if owner is not None:
            self._leases[slug] = Lease(slug, owner, now + self._lifetime + self._cooldown)
        return route

    def is_lease_of(self, slug: str, owner: str, *, now: datetime) -> bool:
        """Whether the slug is kept for `owner`, with a live route or without."""
        self._let_go(slug, now)
        lease = self._leases.get(slug)
        return lease is not None and lease.owner == owner

    def is_route_of(self, slug: str, owner: str, *, now: datetime) -> bool:
        """Whether `owner` has a live route there: registering again changes no lease."""
        return self.is_lease_of(slug, owner, now=now) and slug in self._active

    def find(self, slug: str, *, now: datetime) -> Route | None:
        """The live route of `slug`; None while it is only kept for a host that may come back.

        Raises Refused `route_not_found`, `route_closed`, `route_expired` or `route_blocked`.
        """
        self._let_go(slug, now)
        if (route := self._active.get(slug)) is not None:
            return route
        if slug in self._blocks:
            raise Refused("route_blocked", "the operator of this broker has blocked this room")
        if (ended := self._ended.get(slug)) is not None:
            raise over(ended[0])
        if slug in self._leases:
            return None
        raise Refused("route_not_found", "there is no room here; use the URL of your invitation")

    def touch(self, route: Route, *, now: datetime) -> None:
        """Somebody was here: a live route stays for another while, within its lifetime. What is over stays over."""
        if route.status == ACTIVE and route.last_seen_at <= now < route.expires_at:
            route.last_seen_at = now
            route.expires_at = min(now + self._idle, route.created_at + self._lifetime)

    def close(self, route: Route, *, now: datetime) -> None:
        """End a live route; nothing where it is over."""
        self._finish(route, "closed", now)

    def soonest_end(self, *, now: datetime) -> datetime:
        """Before this no route comes to its time, also none that is registered only from now on."""
        ends = [route.expires_at for route in self._active.values()]
        return min([now + self._idle, now + self._lifetime, *ends])

    def expire(self, *, now: datetime) -> list[Route]:
        """End what has come to its time. Every route that did since the last call, each once."""
        for route in self:
            self._lapse(route, now)
        if self._sweep_at is None or now >= self._sweep_at:
            self._sweep_at = now + timedelta(seconds=SWEEP_SECONDS)
            for slug in {*self._leases, *self._blocks, *self._ended}:
                self._let_go(slug, now)
        over, self._lapsed = self._lapsed, []
        return over

    def block(self, slug: str, *, until: datetime, now: datetime) -> Route | None:
        """Let nobody have `slug`; the route that this ended, if there was one. Its key keeps its right to the slug."""
        self._let_go(slug, now)
        route = self._active.get(slug)
        if route is not None:
            self._finish(route, "closed", now)
        self._blocks[slug] = Lease(slug, BLOCKED, until)
        return route

    def unblock(self, slug: str) -> bool:
        """Whether there was a block to lift."""
        return self._blocks.pop(slug, None) is not None

    def leases(self, *, now: datetime) -> list[Lease]:
        """What has to outlive this process, in no order; a slug that is blocked may stand twice."""
        return [lease for table in (self._leases, self._blocks) for lease in table.values() if lease.until > now]

    def restore(self, leases: Iterable[Lease], *, now: datetime) -> None:
        """Take up the leases of the process before this one."""
        for lease in leases:
            if lease.until > now:
                table = self._blocks if lease.owner == BLOCKED else self._leases
                table[lease.slug] = lease

    def _let_go(self, slug: str, now: datetime) -> None:
        """Forget of `slug` what is over by now."""
        if (route := self._active.get(slug)) is not None:
            self._lapse(route, now)
        for table in (self._leases, self._blocks):
            if (lease := table.get(slug)) is not None and lease.until <= now:
                del table[slug]
        if (ended := self._ended.get(slug)) and ended[1] + timedelta(seconds=ENDED_SECONDS_MAX) <= now:
            del self._ended[slug]

    def _lapse(self, route: Route, now: datetime) -> None:
        if route.expires_at <= now:
            self._finish(route, "expired", now)
            self._lapsed.append(route)

    def _finish(self, route: Route, status: str, now: datetime) -> None:
        if self._active.get(route.slug) is not route:
            return
        del self._active[route.slug]
        route.status = status
        self._ended.pop(route.slug, None)
        self._ended[route.slug] = (status, now)
        if len(self._ended) > self._limits.routes_max:
            del self._ended[next(iter(self._ended))]
        if route.owner is not None:
            self._leases[route.slug] = Lease(route.slug, route.owner, now + self._cooldown)

    def _check_room(self, slug: str, owner: str | None) -> None:
        """Raise Refused unless the tables have room for a new route of `owner`."""
        is_full = len(self._active) >= self._limits.routes_max
        if owner is not None and slug not in self._leases and not is_full:
            is_full = len(self._leases) >= self._limits.routes_max * LEASES_PER_ROUTE_MAX
            if sum(lease.owner == owner for lease in self._leases.values()) >= LEASES_PER_KEY_MAX:
                raise Refused(
                    "rate_limited",
                    "this key has taken as many subdomains as it may; use one that is yours already",
                    retry_after_seconds=FULL_RETRY_SECONDS,
                )
        if is_full:
            raise Refused(
                "rate_limited",
                "this broker has as many rooms as it may; try later",
                retry_after_seconds=FULL_RETRY_SECONDS,
            )


def _taken() -> Refused:
    return Refused("route_slug_taken", "this subdomain belongs to another host; choose another one")


def over(status: str) -> Refused:
    """What a route that is over is answered with: `status` is closed or expired."""
    if status == "closed":
        return Refused("route_closed", CLOSED_MESSAGE)
    return Refused("route_expired", EXPIRED_MESSAGE)


def in_utc(moment: datetime) -> str:
    """A moment as every answer writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
