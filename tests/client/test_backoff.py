from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentgather.client.backoff import FIRST_SECONDS, MOST_SECONDS, Backoff


@given(failures=st.integers(0, 100))
def test_pauses_stay_within_a_bound_that_doubles_up_to_the_most(failures: int) -> None:
    backoff = Backoff(failures)
    assert 0 <= backoff.next_seconds() <= min(MOST_SECONDS, FIRST_SECONDS * 2**failures)
    assert backoff.failures == failures + 1


def test_pauses_are_spread_over_the_whole_range() -> None:
    drawn = [Backoff(100).next_seconds() for _ in range(300)]
    assert min(drawn) < MOST_SECONDS / 4
    assert max(drawn) > MOST_SECONDS * 3 / 4


def test_what_the_room_asks_for_is_the_least() -> None:
    assert all(20 <= Backoff().next_seconds(at_least=20) <= 20 + FIRST_SECONDS for _ in range(20))


def test_an_answer_begins_anew() -> None:
    backoff = Backoff(50)
    backoff.reset()
    assert backoff.next_seconds() <= FIRST_SECONDS
