"""A slug belongs to the key that took it, while its route lives and for a cool-down after."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from agentgather_broker.refusals import Refused
from agentgather_broker.routes import BLOCKED, LEASES_PER_KEY_MAX, LEASES_PER_ROUTE_MAX, Lease, Route, Routes
from agentgather_broker.shape import RouteLimits

START = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
IDLE = timedelta(minutes=15)
LIFETIME = timedelta(hours=8)
COOLDOWN = timedelta(hours=24)
TICK = timedelta(milliseconds=1)
ANN, BOB = "SHA256:ann", "SHA256:bob"


def minting() -> Callable[[str], str]:
    numbers = count()
    return lambda prefix: f"{prefix}{next(numbers)}"


def table(**limits: int) -> Routes:
    return Routes(RouteLimits(**limits), mint=minting())


@pytest.fixture
def routes() -> Routes:
    return table()


def refusal(ask: Callable[[], object]) -> str:
    with pytest.raises(Refused) as refused:
        ask()
    return refused.value.code


def test_a_host_sees_the_seven_keys_of_its_route(routes: Routes) -> None:
    assert routes.register("reef", ANN, now=START).metadata() == {
        "route_slug": "reef",
        "route_id": "rte_0",
        "host_connection_id": "conn_1",
        "created_at": "2026-11-21T12:00:00.000Z",
        "last_seen_at": "2026-11-21T12:00:00.000Z",
        "expires_at": "2026-11-21T12:15:00.000Z",
        "status": "active",
    }


def test_the_same_key_comes_back_at_once_to_the_same_route(routes: Routes) -> None:
    first = routes.register("reef", ANN, now=START).metadata()
    again = routes.register("reef", ANN, now=START + TICK).metadata()
    assert again["route_id"] == first["route_id"]
    assert again["created_at"] == first["created_at"]
    assert again["host_connection_id"] != first["host_connection_id"]


@pytest.mark.parametrize("other", [BOB, None])
def test_nobody_else_takes_a_slug_while_its_route_lives(routes: Routes, other: str | None) -> None:
    routes.register("reef", ANN, now=START)
    assert refusal(lambda: routes.register("reef", other, now=START + TICK)) == "route_slug_taken"
    assert routes.find("reef", now=START + TICK) is not None


@pytest.mark.parametrize("other", [BOB, None])
@pytest.mark.parametrize("is_closed", [True, False])
def test_nobody_else_takes_a_slug_within_the_cool_down(routes: Routes, other: str | None, is_closed: bool) -> None:
    route = routes.register("reef", ANN, now=START)
    over = START + IDLE
    if is_closed:
        routes.close(route, now=over - TICK)
    routes.expire(now=over)
    free = over + COOLDOWN - (TICK if is_closed else timedelta())
    assert refusal(lambda: routes.register("reef", other, now=free - TICK)) == "route_slug_taken"
    assert routes.register("reef", other, now=free).owner == other


def test_its_own_key_comes_back_within_the_cool_down_to_a_new_route(routes: Routes) -> None:
    first = routes.register("reef", ANN, now=START)
    routes.close(first, now=START)
    again = routes.register("reef", ANN, now=START + TICK)
    assert again.route_id != first.route_id
    assert first.status == "closed"


def test_a_host_without_a_key_owns_its_route_while_it_lives_and_no_longer(routes: Routes) -> None:
    route = routes.register("reef", None, now=START)
    for other in (None, BOB):
        assert refusal(lambda other=other: routes.register("reef", other, now=START)) == "route_slug_taken"  # type: ignore[misc]
    assert routes.leases(now=START) == []
    routes.close(route, now=START)
    assert routes.register("reef", BOB, now=START).owner == BOB


def test_an_idle_route_runs_out_and_one_that_is_used_does_not(routes: Routes) -> None:
    used, idle = routes.register("used", ANN, now=START), routes.register("idle", ANN, now=START)
    routes.touch(used, now=START + IDLE - TICK)
    assert routes.expire(now=START + IDLE - TICK) == []
    assert routes.expire(now=START + IDLE) == [idle]
    assert (used.status, idle.status) == ("active", "expired")
    assert refusal(lambda: routes.find("idle", now=START + IDLE)) == "route_expired"


def test_no_route_is_over_before_the_soonest_end(routes: Routes) -> None:
    assert routes.soonest_end(now=START) == START + IDLE, "as one that is registered right away"
    routes.register("reef", None, now=START)
    later = START + IDLE / 2
    assert routes.soonest_end(now=later) == START + IDLE
    assert routes.expire(now=START + IDLE - TICK) == []
    assert len(routes.expire(now=START + IDLE)) == 1


def test_a_route_that_is_never_idle_runs_out_after_its_lifetime(routes: Routes) -> None:
    route, now = routes.register("reef", ANN, now=START), START
    while now < START + LIFETIME:
        now += IDLE / 2
        routes.touch(route, now=now)
        routes.register("reef", ANN, now=now) if now < START + LIFETIME else None
    assert route.expires_at == START + LIFETIME
    assert routes.expire(now=START + LIFETIME) == [route]


def test_what_is_over_stays_over(routes: Routes) -> None:
    route = routes.register("reef", ANN, now=START)
    routes.touch(route, now=START + IDLE)  # too late, though nobody has looked yet
    assert refusal(lambda: routes.find("reef", now=START + IDLE)) == "route_expired"
    routes.close(route, now=START + IDLE)
    assert route.status == "expired"


def test_a_route_that_somebody_found_to_be_over_is_still_named_once(routes: Routes) -> None:
    route = routes.register("reef", ANN, now=START)
    assert refusal(lambda: routes.find("reef", now=START + IDLE)) == "route_expired"
    again = routes.register("reef", ANN, now=START + IDLE)
    assert routes.expire(now=START + IDLE) == [route]
    assert routes.expire(now=START + IDLE) == []
    assert routes.find("reef", now=START + IDLE) is again


def test_a_clock_that_is_set_back_neither_shortens_a_route_nor_makes_it_younger(routes: Routes) -> None:
    route = routes.register("reef", ANN, now=START)
    routes.touch(route, now=START - LIFETIME)
    assert (route.last_seen_at, route.expires_at) == (START, START + IDLE)


def test_a_visitor_hears_how_a_route_ended_and_later_that_there_is_none(routes: Routes) -> None:
    assert refusal(lambda: routes.find("reef", now=START)) == "route_not_found"
    routes.close(routes.register("reef", ANN, now=START), now=START)
    assert refusal(lambda: routes.find("reef", now=START)) == "route_closed"
    assert refusal(lambda: routes.find("reef", now=START + COOLDOWN)) == "route_not_found"


def test_a_restored_slug_is_kept_for_its_key_and_its_visitors_wait(routes: Routes) -> None:
    routes.restore([Lease("reef", ANN, START + TICK), Lease("old", ANN, START)], now=START)
    assert routes.find("reef", now=START) is None
    assert refusal(lambda: routes.find("old", now=START)) == "route_not_found"
    assert refusal(lambda: routes.register("reef", BOB, now=START)) == "route_slug_taken"
    assert routes.register("reef", ANN, now=START).owner == ANN


def test_a_lease_outlives_whatever_its_route_may_last(routes: Routes) -> None:
    route = routes.register("reef", ANN, now=START)
    assert routes.leases(now=START) == [Lease("reef", ANN, START + LIFETIME + COOLDOWN)]
    routes.touch(route, now=START + TICK)
    assert routes.leases(now=START) == [Lease("reef", ANN, START + LIFETIME + COOLDOWN)]
    routes.close(route, now=START + TICK)
    assert routes.leases(now=START + TICK) == [Lease("reef", ANN, START + TICK + COOLDOWN)]
    assert routes.leases(now=START + TICK + COOLDOWN) == []


def test_nobody_has_a_blocked_slug_and_its_key_has_it_again_after(routes: Routes) -> None:
    route = routes.register("reef", ANN, now=START)
    assert routes.block("reef", until=START + IDLE, now=START) is route
    assert refusal(lambda: routes.find("reef", now=START)) == "route_blocked"
    assert refusal(lambda: routes.register("reef", ANN, now=START)) == "route_blocked"
    assert {lease.owner for lease in routes.leases(now=START)} == {ANN, BLOCKED}
    assert routes.unblock("reef")
    assert not routes.unblock("reef")
    assert refusal(lambda: routes.register("reef", BOB, now=START)) == "route_slug_taken"
    assert routes.register("reef", ANN, now=START).status == "active"


def test_a_block_ends_by_itself_and_outlives_the_process(routes: Routes) -> None:
    routes.block("reef", until=START + IDLE, now=START)
    after = table()
    after.restore(routes.leases(now=START), now=START)
    assert refusal(lambda: after.find("reef", now=START + IDLE - TICK)) == "route_blocked"
    assert after.register("reef", BOB, now=START + IDLE).owner == BOB


def test_no_more_routes_live_than_may(routes: Routes) -> None:
    routes = table(routes_max=2)
    first = routes.register("a", ANN, now=START)
    routes.register("b", None, now=START)
    for owner in (ANN, None):
        assert refusal(lambda owner=owner: routes.register("c", owner, now=START)) == "rate_limited"  # type: ignore[misc]
    assert routes.register("a", ANN, now=START) is first
    assert routes.leases(now=START) == [Lease("a", ANN, START + LIFETIME + COOLDOWN)]


def test_a_key_that_takes_and_drops_slugs_comes_to_an_end(routes: Routes) -> None:
    for number in range(LEASES_PER_KEY_MAX):
        routes.close(routes.register(f"s{number}", ANN, now=START), now=START)
    assert refusal(lambda: routes.register("more", ANN, now=START)) == "rate_limited"
    assert routes.register("s7", ANN, now=START).slug == "s7"
    assert routes.register("more", BOB, now=START).owner == BOB


class Slugs(RuleBasedStateMachine):
    """Whatever hosts, visitors, time, restarts and the operator do, against what the rules say of each slug alone."""

    SLUGS = ("a", "b", "c", "d")
    OWNERS = (ANN, BOB, "SHA256:eve", None)
    ROUTES_MAX = 3

    @initialize()
    def begin(self) -> None:
        self.now = START
        self.mint = minting()
        self.routes = self.fresh()
        self.live: dict[str, Route] = {}
        self.kept: dict[str, tuple[str, datetime]] = {}  # slug -> the key that may come back, and until when at least
        self.blocked: dict[str, datetime] = {}
        self.named: set[str] = set()  # route ids that `expire` has named
        self.ids: set[str] = set()

    def fresh(self) -> Routes:
        return Routes(RouteLimits(routes_max=self.ROUTES_MAX), mint=self.mint)

    def settle(self) -> Iterator[Route]:
        for slug, route in list(self.live.items()):
            if route.expires_at <= self.now:
                yield self.live.pop(slug)
                self.keep(route)

    def keep(self, route: Route) -> None:
        # from when it was looked at: never shorter than the cool-down
        if route.owner is not None:
            self.kept[route.slug] = (route.owner, min(route.expires_at, self.now) + COOLDOWN)

    @rule(slug=st.sampled_from(SLUGS), owner=st.sampled_from(OWNERS))
    def register(self, slug: str, owner: str | None) -> None:
        list(self.settle())
        before = self.live.get(slug)
        try:
            route = self.routes.register(slug, owner, now=self.now)
        except Refused as refused:
            self.check_refused(slug, owner, refused.code, before=before)
            return
        assert self.blocked.get(slug, self.now) <= self.now
        if before is not None:  # one live owner, and it is not replaced
            assert (route, route.owner) == (before, owner)
            assert owner is not None
        if slug in self.kept and self.kept[slug][1] > self.now:  # nobody else within the cool-down
            assert owner == self.kept[slug][0]
        assert route.host_connection_id not in self.ids
        self.ids.add(route.host_connection_id)
        self.live[slug] = route
        self.kept.pop(slug, None)

    def check_refused(self, slug: str, owner: str | None, code: str, *, before: Route | None) -> None:
        if self.blocked.get(slug, self.now) > self.now:
            assert code == "route_blocked"
        elif code == "rate_limited":
            assert before is None
        else:
            assert code == "route_slug_taken"
            others = [lease.slug for lease in self.routes.leases(now=self.now) if lease.owner not in (owner, BLOCKED)]
            assert before is not None or slug in others

    @rule(slug=st.sampled_from(SLUGS))
    def visit(self, slug: str) -> None:
        list(self.settle())
        try:
            route = self.routes.find(slug, now=self.now)
        except Refused:
            assert slug not in self.live
            return
        assert route is self.live.get(slug)
        if route is not None:
            self.routes.touch(route, now=self.now)
            assert self.now < route.expires_at <= route.created_at + LIFETIME

    @precondition(lambda self: self.live)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        list(self.settle())
        if self.live:
            route = self.live.pop(data.draw(st.sampled_from(sorted(self.live))))
            self.routes.close(route, now=self.now)
            self.keep(route)

    @rule(slug=st.sampled_from(SLUGS), hours=st.integers(0, 30))
    def block(self, slug: str, hours: int) -> None:
        list(self.settle())
        until = self.now + timedelta(hours=hours)
        assert self.routes.block(slug, until=until, now=self.now) is self.live.get(slug)
        self.blocked[slug] = until
        if route := self.live.pop(slug, None):
            self.keep(route)

    @rule(slug=st.sampled_from(SLUGS))
    def unblock(self, slug: str) -> None:
        self.routes.unblock(slug)
        self.blocked.pop(slug, None)

    @rule(step=st.sampled_from([TICK, IDLE / 2, IDLE, LIFETIME, COOLDOWN - TICK, COOLDOWN]))
    def wait(self, step: timedelta) -> None:
        self.now += step

    @rule()
    def expire(self) -> None:
        list(self.settle())
        over = {route.route_id for route in self.routes.expire(now=self.now)}
        assert not over & self.named
        assert not over & {route.route_id for route in self.live.values()}
        self.named |= over

    @rule()
    def restart(self) -> None:
        """`kill -9` and a new process, with what was on disk."""
        list(self.settle())
        before, self.routes = self.routes, self.fresh()
        self.routes.restore(before.leases(now=self.now), now=self.now)
        for route in self.live.values():
            self.keep(route)
        self.live.clear()

    @invariant()
    def tables_are_bounded(self) -> None:
        assert len(self.routes) <= self.ROUTES_MAX
        owned = [lease for lease in self.routes.leases(now=self.now) if lease.owner != BLOCKED]
        assert len(owned) <= self.ROUTES_MAX * LEASES_PER_ROUTE_MAX
        assert len({lease.slug for lease in owned}) == len(owned)
        slugs = [route.slug for route in self.routes]
        assert len(set(slugs)) == len(slugs)


Slugs.TestCase.settings = settings(max_examples=200, stateful_step_count=40, deadline=None)
TestSlugs = Slugs.TestCase
