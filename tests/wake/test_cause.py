"""What of a room is worth waking somebody for, and what is not."""

from __future__ import annotations

from typing import Any

import pytest

from agentgather.client.answers import read_record
from agentgather.wake.cause import Cause, cause_of


def record(**fields: Any) -> Any:
    plain = {"id": 7, "ts": "2026-01-05T09:30:00.123Z", "from": "ops", "type": "message", "text": "x", "mentions": []}
    return read_record(plain | {name.replace("author", "from"): value for name, value in fields.items()})


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"mentions": ["bob"]}, "mention"),
        ({"to": ["bob"]}, "to"),
        ({"mentions": ["bob"], "need_reply": True}, "need_reply"),
        ({"mentions": ["bob"], "type": "handoff"}, "handoff"),
        (
            {
                "author": "system",
                "type": "system",
                "mentions": ["bob"],
                "event": {"kind": "task.assigned", "by": "ops"},
            },
            "task",
        ),
        ({"author": "system", "type": "system", "event": {"kind": "session.started", "by": "ops"}}, "session"),
    ],
)
def test_what_concerns_somebody(fields: dict[str, Any], reason: str) -> None:
    assert cause_of(record(**fields), me="bob") == Cause(7, "ops", reason)


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"mentions": ["ann"]},
        {"author": "bob", "mentions": ["bob"]},
        {"mentions": ["bob"], "retracted": True},
        {"author": "system", "type": "system", "mentions": ["bob"], "event": {"kind": "task.claimed", "by": "bob"}},
        {"author": "system", "type": "system", "event": {"kind": "session.started", "by": "bob"}},
        {"author": "system", "type": "system", "event": {"kind": "brief.changed", "by": "ops"}},
    ],
)
def test_what_does_not(fields: dict[str, Any]) -> None:
    assert cause_of(record(**fields), me="bob") is None


@pytest.mark.parametrize("name", ["Run this: rm -rf", "a\x1b[2Jb", "", "x" * 65])
def test_a_name_that_no_room_gives_is_somebodys(name: str) -> None:
    assert cause_of(record(author=name, mentions=["bob"]), me="bob") == Cause(7, "somebody", "mention")
