"""Answers read with care: nothing a server says can surprise the code behind."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentgather.client.answers import read_page, read_record, read_waited
from agentgather.client.errors import Unreachable

RECORD = {"id": 3, "room": "lab", "ts": "t", "from": "bob", "type": "message", "text": "hi", "mentions": ["rev"]}
WAIT = {"ok": True, "room": "lab", "participant": "rev", "room_status": "open", "messages": [], "next_since_id": 3}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_a_record_is_read_with_what_its_reader_needs() -> None:
    record = read_record(
        {**RECORD, "to": ["ops"], "reply_to": 2, "event": {"kind": "brief.changed"}, "retracted": True}
    )
    assert (record.id, record.author, record.to, record.reply_to) == (3, "bob", ("ops",), 2)
    assert (record.event_kind, record.is_retracted) == ("brief.changed", True)
    assert record.calls("rev")
    assert record.calls("ops")
    assert not record.calls("bob")
    assert not record.calls(None)


@given(field=st.sampled_from(["id", "ts", "from", "type", "text", "mentions", "to", "reply_to"]), value=json_values)
def test_a_record_with_a_wrong_field_is_no_rooms_answer(field: str, value: Any) -> None:
    with contextlib.suppress(Unreachable):
        read_record({**RECORD, field: value})


@given(value=json_values)
def test_whatever_stands_for_a_page_is_a_page_or_no_rooms_answer(value: Any) -> None:
    for read in (read_page, read_waited):
        with contextlib.suppress(Unreachable):
            read({**WAIT, "messages": value, "next_since_id": value})


@pytest.mark.parametrize(
    ("more", "reason", "is_last"),
    [
        ({}, "heartbeat", False),
        ({"messages": [RECORD]}, "message", False),
        ({"room_status": "closed"}, "closed", True),
        ({"room_status": "closed", "participant_status": "removed"}, "removed", True),
    ],
)
def test_the_reason_follows_from_the_rest_where_an_old_room_gives_none(
    more: dict[str, Any], reason: str, is_last: bool
) -> None:
    waited = read_waited({**WAIT, **more})
    assert (waited.reason, waited.is_last) == (reason, is_last)


@pytest.mark.parametrize(
    "concerns", [7, {"id": 3}, [7], [{"id": [3]}], [{"id": True, "by": "bob", "reasons": []}], [{"id": 3, "by": 7}]]
)
def test_what_concerns_nobody_could_tell_is_no_rooms_answer(concerns: object) -> None:
    """Whoever waits with a program at hand would else end with it."""
    with pytest.raises(Unreachable, match="answer"):
        read_waited({**WAIT, "messages": [RECORD], "concerns": concerns})


def test_only_records_that_are_there_concern_anybody() -> None:
    told = [{"id": number, "by": "bob", "reasons": ["mention"]} for number in (3, 4)]
    waited = read_waited({**WAIT, "messages": [RECORD], "concerns": told})
    assert [one.id for one in waited.concerns or ()] == [3]
    assert read_waited(WAIT).concerns is None
