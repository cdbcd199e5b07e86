"""How much one route, one stranger and one key may ask for. Pure: the time (monotonic, in seconds) is passed in."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from math import ceil

from agentgather_broker.refusals import Refused
from agentgather_broker.shape import RelayLimits, RouteLimits

WINDOW_SECONDS = 60  # what "a minute" is
ADDRESSES_MAX = 65_536  # and as many routes: some tens of megabytes at worst
FULL_RETRY_SECONDS = 1  # a request is answered in less
WAITS_RETRY_SECONDS = 5  # of the half minute that a wait is held
IPV6_PREFIX = 64  # what one subscriber has
# A page is made of about 100 files, and a sandboxed one is cached by no browser: it loads all of them each time. Counted one
# for one, its second opening in a minute would be refused in the middle, and stay blank.
FILES_A_REQUEST = 100


class Windows:
    """At most `most` of a key, by weight, in any `WINDOW_SECONDS`: windows slide, by the second; no two of them touch.

    At most ADDRESSES_MAX keys are counted; beyond, those that were quiet for longest are forgotten first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._slots: OrderedDict[str, dict[int, int]] = OrderedDict()  # key -> second -> count, both the oldest first

    def __len__(self) -> int:
        return len(self._slots)

    def wait_seconds(self, key: str, *, now: float, weight: int = 1) -> float | None:
        """How long until one more of `weight` may come; None when it may now."""
        slots = self._live(key, now)
        over = sum(slots.values()) + weight - self._most
        if over <= 0:
            return None
        for second, counted in slots.items():
            over -= counted
            if over <= 0:
                return second + WINDOW_SECONDS + 1 - now
        return float(WINDOW_SECONDS)

    def count(self, key: str, *, now: float, weight: int = 1) -> None:
        """One came."""
        slots = self._live(key, now)
        slots[int(now)] = slots.get(int(now), 0) + weight
        if key not in self._slots:
            self._forget(now)
            self._slots[key] = slots
        self._slots.move_to_end(key)

    def refund(self, key: str, *, now: float) -> None:
        """One of those in the window does not count. It is the oldest that goes: whichever it was, no window has more."""
        slots = self._live(key, now)
        if slots:
            oldest = next(iter(slots))
            slots[oldest] -= 1
            if not slots[oldest]:
                del slots[oldest]

    def _live(self, key: str, now: float) -> dict[int, int]:
        """The counts of `key` that are in the window. A second counts until all of it is out."""
        slots = self._slots.get(key, {})
        for second in [second for second in slots if second < int(now) - WINDOW_SECONDS]:
            del slots[second]
        return slots

    def _forget(self, now: float) -> None:
        """Drop keys that are quiet since a window, and the quietest where there are too many."""
        while self._slots:
            slots = next(iter(self._slots.values()))
            is_over = not slots or next(reversed(slots)) < int(now) - WINDOW_SECONDS
            if not is_over and len(self._slots) < ADDRESSES_MAX:
                return
            self._slots.popitem(last=False)


class Limits:
    """The guards before a request, in the contract's order (section 6.4), and those before a link."""

    def __init__(self, routes: RouteLimits, relay: RelayLimits) -> None:
        self._routes = routes
        self._relay = relay
        self._of_routes = Windows(routes.requests_per_minute * FILES_A_REQUEST)
        self._of_strangers = Windows(routes.strangers_per_minute * FILES_A_REQUEST)
        self._of_attempts = Windows(relay.link_attempts_per_minute)
        self._requests: dict[str, int] = {}
        self._waits: dict[str, int] = {}
        self._links: dict[str, int] = {}

    @property
    def held_waits(self) -> int:
        return sum(self._waits.values())

    @contextmanager
    def entering(
        self, slug: str, *, stranger: str | None, is_wait: bool, is_file: bool = False, now: float
    ) -> Iterator[None]:
        """Count a request to `slug` for as long as it runs; `stranger` is the address of who sends no token.

        `is_file`: one of those that the room's page is made of; FILES_A_REQUEST of them weigh as much as a request.
        Raises Refused `rate_limited`, `route_request_limit` or `wait_limit`.
        """
        weight = 1 if is_file else FILES_A_REQUEST
        if (wait := self._of_routes.wait_seconds(slug, now=now, weight=weight)) is not None:
            raise _later("rate_limited", "this room is asked too often; try again a little later", wait)
        stranger = stranger and subscriber(stranger)
        if (
            stranger is not None
            and (wait := self._of_strangers.wait_seconds(stranger, now=now, weight=weight)) is not None
        ):
            raise _later("rate_limited", "too many requests without a token came from your address; send yours", wait)
        if self._requests.get(slug, 0) >= self._routes.requests_max:
            raise _later(
                "route_request_limit", "this room answers as many requests at once as it may", FULL_RETRY_SECONDS
            )
        if is_wait and self._waits.get(slug, 0) >= self._routes.waits_max:
            message = "as many wait for this room as may; read with GET /messages meanwhile"
            raise _later("wait_limit", message, WAITS_RETRY_SECONDS)
        self._of_routes.count(slug, now=now, weight=weight)  # only now: who is refused uses nothing up for the others
        if stranger is not None:
            self._of_strangers.count(stranger, now=now, weight=weight)
        with _counted(self._requests, slug):
            if not is_wait:
                yield
                return
            with _counted(self._waits, slug):
                yield

    def attempt_link(self, address: str, *, now: float) -> None:
        """Count a host that dials. Raises Refused `link_limit`."""
        if (wait := self._of_attempts.wait_seconds(subscriber(address), now=now)) is not None:
            raise _later("link_limit", "too many hosts dialled from this address without proving a key", wait)
        self._of_attempts.count(subscriber(address), now=now)

    def refund_link(self, address: str, *, now: float) -> None:
        """It proved a key: an honest host on a bad network may come back as often as it has to."""
        self._of_attempts.refund(subscriber(address), now=now)

    @contextmanager
    def link_of(self, fingerprint: str) -> Iterator[None]:
        """Count a link of a key for as long as it lives. Raises Refused `link_limit`."""
        if self._links.get(fingerprint, 0) >= self._relay.links_per_key_max:
            raise _later(
                "link_limit", "this key holds as many links as it may; close one of its tunnels", WAITS_RETRY_SECONDS
            )
        with _counted(self._links, fingerprint):
            yield


def subscriber(address: str) -> str:
    """What of an address is counted: an IPv6 one by its /64, whose holder has all of it."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), IPV6_PREFIX), strict=False))


@contextmanager
def _counted(counts: dict[str, int], key: str) -> Iterator[None]:
    counts[key] = counts.get(key, 0) + 1
    try:
        yield
    finally:
        counts[key] -= 1
        if not counts[key]:
            del counts[key]


def _later(code: str, message: str, seconds: float) -> Refused:
    return Refused(code, message, retry_after_seconds=ceil(seconds))
