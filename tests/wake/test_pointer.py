"""The line that wakes: short, plain, and without a word of anybody's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from agentgather.wake.cause import Cause
from agentgather.wake.pointer import LINE_CHARACTERS_MAX, WHAT, pointer_line

REASONS = st.sampled_from([*WHAT, "mention", "to", "note"])


def test_it_says_who_for_whom_where_and_how() -> None:
    line = pointer_line([Cause(41, "ops", "need_reply")], room="lab", me="bob")
    assert line == (
        "[Agent Gather] New from ops for bob in room lab after #40 (needs your reply). "
        "Fetch it with your room tool or: agentgather read"
    )


def test_several_senders_are_counted() -> None:
    causes = [Cause(1, "ops", "mention"), Cause(2, "ann", "to"), Cause(3, "ops", "to")]
    assert pointer_line(causes, room="lab", me="bob").startswith(
        "[Agent Gather] New from ops and 1 more for bob in room lab"
    )


def test_what_does_not_fit_is_left_out_from_the_end_on_and_the_names_stay() -> None:
    long = "x" * 64
    line = pointer_line([Cause(2**53 - 1, long, "contract"), Cause(2**53 - 1, "a", "to")], room="r" * 64, me="y" * 64)
    assert f"New from {long} and 1 more for {'y' * 64}" in line
    assert "r" * 64 not in line


@given(
    st.lists(st.builds(Cause, st.integers(1, 2**53), st.text(max_size=300), REASONS), min_size=1), st.text(), st.text()
)
def test_nothing_but_printable_ascii_and_never_too_long(causes: list[Cause], room: str, me: str) -> None:
    line = pointer_line(causes, room=room, me=me)
    assert len(line) <= LINE_CHARACTERS_MAX
    assert all(" " <= one <= "~" for one in line)
