"""Never more than the numbers in any window, never a table without an end, and nothing used up by who was refused."""

from __future__ import annotations

from contextlib import ExitStack
from copy import deepcopy
from itertools import count
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather_broker import limits as module
from agentgather_broker.limits import FILES_A_REQUEST, WINDOW_SECONDS, Limits, Windows, subscriber
from agentgather_broker.refusals import Refused
from agentgather_broker.shape import RelayLimits, RouteLimits

STRANGER = "192.0.2.1"


@pytest.fixture
def limits() -> Limits:
    return Limits(RouteLimits(), RelayLimits())


def refused(limits: Limits, slug: str, *, now: float, is_wait: bool = False, **more: Any) -> Refused:
    asked = {"stranger": None, "is_wait": is_wait} | more
    with pytest.raises(Refused) as caught, limits.entering(slug, now=now, **asked):
        pass
    return caught.value


def ask(limits: Limits, slug: str, *, now: float, times: int = 1, **more: Any) -> None:
    for _ in range(times):
        with limits.entering(slug, now=now, **({"stranger": None, "is_wait": False} | more)):
            pass


def test_a_route_is_asked_600_times_a_minute(limits: Limits) -> None:
    ask(limits, "reef", now=0, times=600)
    later = refused(limits, "reef", now=10)
    assert (later.code, later.status) == ("rate_limited", 429)
    assert later.retry_after_seconds is not None
    ask(limits, "bay", now=10)
    ask(limits, "reef", now=10 + later.retry_after_seconds)


def test_a_stranger_asks_60_times_a_minute_over_all_routes(limits: Limits) -> None:
    for number in range(60):
        ask(limits, f"reef{number % 7}", now=0, stranger=STRANGER)
    assert refused(limits, "bay", now=30, stranger=STRANGER).code == "rate_limited"
    ask(limits, "bay", now=30, stranger="192.0.2.2")
    ask(limits, "bay", now=30)


def test_strangers_who_are_refused_use_nothing_up(limits: Limits) -> None:
    ask(limits, "reef", now=0, stranger=STRANGER, times=60)
    for _ in range(1_000):
        refused(limits, "reef", now=1, stranger=STRANGER)
    ask(limits, "reef", now=2, times=540)
    assert refused(limits, "reef", now=2).code == "rate_limited"


def test_an_ipv6_stranger_is_counted_by_what_it_was_given(limits: Limits) -> None:
    for number in range(60):
        ask(limits, "reef", now=0, stranger=f"2001:db8:0:7:{number:x}::1")
    assert refused(limits, "reef", now=0, stranger="2001:db8:0:7::").code == "rate_limited"
    ask(limits, "reef", now=0, stranger="2001:db8:0:8::1")


def test_the_files_of_a_page_weigh_as_much_as_one_request(limits: Limits) -> None:
    """A page that opens, reopens and is reloaded by several people behind one address is never half a page."""
    for opening in range(29):
        ask(limits, "reef", now=opening, stranger=STRANGER)
        ask(limits, "reef", now=opening, stranger=STRANGER, times=FILES_A_REQUEST, is_file=True)
    ask(limits, "reef", now=29, stranger=STRANGER)
    ask(limits, "reef", now=29, stranger=STRANGER, times=FILES_A_REQUEST - 1, is_file=True)
    assert refused(limits, "reef", now=29, stranger=STRANGER).code == "rate_limited"
    ask(limits, "reef", now=29, stranger=STRANGER, is_file=True)
    assert refused(limits, "reef", now=29, stranger=STRANGER, is_file=True).code == "rate_limited"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8::1", "2001:db8::/64"),
        ("2001:db8:0:0:ffff::2", "2001:db8::/64"),
        ("unknown", "unknown"),
    ],
)
def test_what_of_an_address_is_counted(address: str, counted: str) -> None:
    assert subscriber(address) == counted


def test_a_route_answers_64_at_once(limits: Limits) -> None:
    with ExitStack() as stack:
        for _ in range(64):
            stack.enter_context(limits.entering("reef", stranger=None, is_wait=False, now=0))
        assert refused(limits, "reef", now=0).code == "route_request_limit"
        ask(limits, "bay", now=0)
    ask(limits, "reef", now=0)


def test_32_of_them_wait_and_the_others_get_through(limits: Limits) -> None:
    with ExitStack() as stack:
        for _ in range(32):
            stack.enter_context(limits.entering("reef", stranger=None, is_wait=True, now=0))
        assert limits.held_waits == 32
        assert refused(limits, "reef", now=0, is_wait=True).code == "wait_limit"
        ask(limits, "reef", now=0)
    assert limits.held_waits == 0


def test_the_order_of_the_guards_is_the_contracts(limits: Limits) -> None:
    limits = Limits(
        RouteLimits(requests_per_minute=3, strangers_per_minute=2, requests_max=1, waits_max=0), RelayLimits()
    )
    assert refused(limits, "reef", now=0, stranger=STRANGER, is_wait=True).code == "wait_limit"
    with limits.entering("reef", stranger=STRANGER, is_wait=False, now=0):
        assert refused(limits, "reef", now=0, stranger=STRANGER, is_wait=True).code == "route_request_limit"
        ask(limits, "bay", now=0, stranger=STRANGER)
        assert "address" in refused(limits, "reef", now=0, stranger=STRANGER).message
    ask(limits, "reef", now=0, times=2)
    assert "room" in refused(limits, "reef", now=0, stranger=STRANGER).message


def test_a_request_that_fails_gives_its_place_back(limits: Limits) -> None:
    for _ in range(100):
        with pytest.raises(ZeroDivisionError), limits.entering("reef", stranger=None, is_wait=True, now=0):
            raise ZeroDivisionError
    assert limits.held_waits == 0


def test_an_address_dials_ten_times_a_minute_until_it_proves_a_key(limits: Limits) -> None:
    for _ in range(1_000):
        limits.attempt_link(STRANGER, now=0)
        limits.refund_link(STRANGER, now=9)
    for _ in range(10):
        limits.attempt_link(STRANGER, now=9)
    with pytest.raises(Refused) as later:
        limits.attempt_link(STRANGER, now=9)
    assert later.value.code == "link_limit"
    assert later.value.retry_after_seconds is not None
    limits.attempt_link(STRANGER, now=9 + later.value.retry_after_seconds)


def test_a_key_holds_eight_links(limits: Limits) -> None:
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(limits.link_of("SHA256:ann"))
        with pytest.raises(Refused) as refusal, limits.link_of("SHA256:ann"):
            pass
        assert refusal.value.code == "link_limit"
        with limits.link_of("SHA256:bob"):
            pass
    with limits.link_of("SHA256:ann"):
        pass


@given(
    most=st.integers(1, 5),
    steps=st.lists(st.floats(0, 70, allow_nan=False) | st.sampled_from([0.0, 0.999, 1.0, 59.0, 60.0]), max_size=80),
)
def test_no_window_has_more_wherever_it_begins(most: int, steps: list[float]) -> None:
    windows, now, came = Windows(most), 1_000.0, []
    for step in steps:
        now += step
        wait = windows.wait_seconds("a", now=now)
        in_window = [moment for moment in came if moment > now - WINDOW_SECONDS]
        if wait is None:
            assert len(in_window) < most
            windows.count("a", now=now)
            came.append(now)
        else:  # refused for a second too long at most, and told the truth about when to come again
            assert len([moment for moment in came if moment > now - WINDOW_SECONDS - 1]) >= most
            assert 0 < wait <= WINDOW_SECONDS + 1
            assert deepcopy(windows).wait_seconds("a", now=now + wait) is None


@given(st.lists(st.tuples(st.floats(0, 20, allow_nan=False), st.booleans(), st.floats(0, 10)), max_size=60))
def test_refunds_let_no_window_have_more_that_were_not_refunded(events: list[tuple[float, bool, float]]) -> None:
    """Each attempt is proven within the ten seconds of a handshake, or not at all."""
    windows, now, kept = Windows(3), 0.0, []
    proofs: list[float] = []
    for step, is_proven, after in events:
        now += step
        for moment in sorted(moment for moment in proofs if moment <= now):
            windows.refund("a", now=moment)
            proofs.remove(moment)
        if windows.wait_seconds("a", now=now) is None:
            windows.count("a", now=now)
            if is_proven:
                proofs.append(now + after)
            else:
                kept.append(now)
        assert len([moment for moment in kept if moment > now - WINDOW_SECONDS]) <= 3


def test_a_refund_does_not_let_what_came_meanwhile_be_forgotten_early() -> None:
    windows = Windows(2)
    windows.count("a", now=0)  # proven at 9
    windows.count("a", now=5)  # never proven
    windows.refund("a", now=9)
    windows.count("a", now=61)
    assert windows.wait_seconds("a", now=61) is not None


def test_who_came_just_now_is_not_the_one_that_is_forgotten() -> None:
    with patch.object(module, "ADDRESSES_MAX", 8):
        windows = Windows(1)
        for number in range(8):
            windows.count(str(number), now=0)
        windows.count("0", now=1)
        windows.count("new", now=1)
        assert windows.wait_seconds("0", now=1) is not None
        assert windows.wait_seconds("1", now=1) is None


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 40)), max_size=200))
def test_the_table_is_bounded_and_forgets_the_quietest(events: list[tuple[int, int]]) -> None:
    with patch.object(module, "ADDRESSES_MAX", 8):
        windows, now = Windows(5), 0
        latest: dict[str, int] = {}
        for number, step in events:
            now += step
            windows.count(str(number), now=now)
            latest.pop(str(number), None)
            latest[str(number)] = now
            assert len(windows) <= 8
            for key in list(latest)[-8:]:
                if latest[key] == now:
                    assert windows._live(key, now)


def test_a_table_of_addresses_that_come_once_empties_itself() -> None:
    windows, numbers = Windows(5), count()
    for second in range(1_000):
        for _ in range(10):
            windows.count(str(next(numbers)), now=second)
    assert len(windows) <= 10 * (WINDOW_SECONDS + 2)
