"""Credit by itself: what may come, what is owed, and that the sum of it all stays the same."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.wire.codec import CREDIT_MAX
from agentgather.wire.faults import Misused, PeerBroke
from agentgather.wire.flow import Allowance, Window


@given(st.integers(1, 1_000), st.lists(st.tuples(st.booleans(), st.integers(0, 1_100))))
def test_credit_is_never_lost_and_never_invented(size: int, moves: list[tuple[bool, int]]) -> None:
    window, allowance, waiting = Window(size), Allowance(size), 0
    for is_coming, count in moves:
        if is_coming and count <= allowance.left:
            allowance.spend(count)
            window.receive(count)
            waiting += count
        elif not is_coming and count <= waiting:
            waiting -= count
            if given := window.take(count):
                allowance.gain(given)
        assert allowance.left == window.open
        assert window.open + window.owed + waiting == size
        assert window.owed * 2 < size
    assert waiting or window.open * 2 > size


def test_a_window_lets_in_what_it_is_open_for_and_not_a_byte_more() -> None:
    window = Window(10)
    window.receive(4)
    with pytest.raises(PeerBroke):
        window.receive(7)
    assert (window.open, window.owed) == (6, 0)
    window.receive(6)
    with pytest.raises(PeerBroke):
        window.receive(1)


def test_nobody_takes_more_than_came() -> None:
    window = Window(10)
    window.receive(4)
    for count in (5, -1):
        with pytest.raises(Misused):
            window.take(count)
    assert window.take(4) == 0
    with pytest.raises(Misused):
        window.take(1)
    assert (window.open, window.owed) == (6, 4)


def test_an_allowance_grows_by_something_and_not_beyond_measure() -> None:
    allowance = Allowance(CREDIT_MAX - 1)
    with pytest.raises(PeerBroke):
        allowance.gain(0)
    with pytest.raises(PeerBroke):
        allowance.gain(2)
    allowance.gain(1)
    assert allowance.left == CREDIT_MAX
