"""The port that every way of waking an agent implements: look, submit exactly once, and see whether it took effect."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Look(StrEnum):
    """What an agent is seen to do. Only QUIET agents are woken; everything else defers the wake and never drops it."""

    QUIET = "quiet"
    WORKING = "working"  # a turn is running; it is never cancelled
    TYPING = "typing"  # a person is at it
    GONE = "gone"  # no such pane, thread or session any more, or it is somebody else's


class Submitted(StrEnum):
    """What is known of one submission."""

    YES = "yes"  # handed over once; `took_effect` says what came of it
    NO = "no"  # surely not: it may be tried again
    UNSURE = "unsure"  # it may have been: it is not tried again, for a wake is submitted at most once


@dataclass(frozen=True, slots=True)
class Wake:
    """One wake: a pointer for the agent, never a message. `line` has at most 200 characters."""

    id: str
    room_url: str
    since_id: int  # the cursor before the records that caused it
    reason: str
    line: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What `submit` did, and what the adapter has to remember of it to see whether it took effect."""

    outcome: Submitted
    trouble: str = ""  # a stable word for a person and a record, empty when all went well
    evidence: object = None


class Adapter(Protocol):
    """One way of waking one agent. `name` is what `--via` calls it and what delivery shows."""

    name: str

    async def look(self) -> Look:
        """What the agent does right now. Never raises for an agent that is gone or cannot be asked."""
        ...

    async def submit(self, wake: Wake) -> Submission:
        """Hand `wake` over, exactly once. The quiet guard belongs in here too: right before the act, not only in `look`."""
        ...

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:
        """Whether the agent acted on it, as its own program shows it. Returns once that is known; the caller has a deadline."""
        ...
