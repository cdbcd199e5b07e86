"""What is told of a wake: to whoever runs it, and to the room, where the sender of each message sees it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class What(StrEnum):
    """What became of a wake, or why there was none. Every one of them is about particular messages."""

    SUBMITTED = "submitted"  # handed to the agent's program, once
    CONFIRMED = "confirmed"  # its program or its fetching shows that it acted
    UNCONFIRMED = "unconfirmed"  # handed over, and nothing shows that it acted; it is not handed over again
    UNSURE = "unsure"  # it may have been handed over; it is not handed over again
    DEFERRED = "deferred"  # the agent works, or somebody types; it is tried again
    RETRYING = "retrying"  # it surely was not handed over; it is tried again
    FAILED = "failed"  # it surely was not handed over, and is given up until more is said or the safety timer
    SKIPPED = "skipped"  # there is nothing to wake for any more
    BUDGET_SPENT = "budget_spent"  # the agent was woken as often as it may be; it is tried when it may again
    BUDGET_FREE = "budget_free"


@dataclass(frozen=True, slots=True)
class Told:
    """`ids`: the messages it is about, oldest first. `at`, `again_at`: Unix seconds. `why` is a stable word."""

    what: What
    at: float
    ids: tuple[int, ...]
    wake: str | None = None
    why: str = ""
    attempts: int = 0
    again_at: float | None = None

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = {"what": self.what.value, "messages": list(self.ids), "attempts": self.attempts}
        if self.wake is not None:
            told["wake"] = self.wake
        if self.why:
            told["why"] = self.why
        if self.again_at is not None:
            told["again_in_seconds"] = round(max(0.0, self.again_at - self.at), 1)
        return told
