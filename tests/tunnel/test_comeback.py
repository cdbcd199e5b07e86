"""How soon a host dials again."""

from __future__ import annotations

from agentgather.tunnel.comeback import (
    FIRST_SECONDS,
    MOST_SECONDS,
    YOUNG_MOST_SECONDS,
    YOUNG_SECONDS,
    Comeback,
)


def test_pauses_grow_and_stay_short_while_an_outage_is_young() -> None:
    longest = 0.0
    for _ in range(200):
        comeback = Comeback()
        assert comeback.next_seconds(now=0) <= FIRST_SECONDS
        longest = max(longest, *(comeback.next_seconds(now=YOUNG_SECONDS - 1) for _ in range(20)))
    assert FIRST_SECONDS < longest <= YOUNG_MOST_SECONDS


def test_pauses_are_long_once_it_is_old() -> None:
    comeback = Comeback()
    comeback.next_seconds(now=0)
    pauses = [comeback.next_seconds(now=YOUNG_SECONDS + 1) for _ in range(200)]
    assert YOUNG_MOST_SECONDS < max(pauses) <= MOST_SECONDS


def test_hosts_that_were_lost_together_do_not_come_back_together() -> None:
    assert len({Comeback().next_seconds(now=0) for _ in range(50)}) > 40


def test_an_outage_is_as_long_as_since_its_first_failure() -> None:
    comeback = Comeback()
    assert comeback.outage_seconds(now=5) == 0
    comeback.next_seconds(now=5)
    comeback.next_seconds(now=7)
    assert comeback.outage_seconds(now=9) == 4
    comeback.reset()
    assert comeback.outage_seconds(now=9) == 0
    assert comeback.next_seconds(now=9) <= FIRST_SECONDS


def test_what_a_broker_asks_for_is_the_least() -> None:
    assert all(7 <= Comeback().next_seconds(now=0, at_least=7) <= 7 + FIRST_SECONDS for _ in range(50))
