"""What was seen of one message at one participant, besides what the log tells: the smallest fact that is kept of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from agentgather.room.names import Alias, MessageId


class WakeOutcome(StrEnum):
    """What a wake adapter says that came of it. None of them says that the message was read."""

    SKIPPED = "skipped"  # it was not tried, and will not be
    DEFERRED = "deferred"  # the agent worked, or a person typed: it is tried again
    SUBMITTED = "submitted"  # handed over once; whether it took effect is not known
    CONFIRMED = "confirmed"  # the agent's own program shows that it took effect
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Fetched:
    """The record was handed to `alias` by a read, a wait or a stream."""

    message_id: MessageId
    alias: Alias
    at: datetime


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """`alias` gave the message's proof back; `is_done`: and said that what was asked is done."""

    message_id: MessageId
    alias: Alias
    at: datetime
    is_done: bool = False


@dataclass(frozen=True, slots=True)
class Woken:
    """What the adapter that wakes `alias` did about this message: `via` names it, `trouble` is its word for the cause.

    `wake_id`: what is told of the same wake again stands in the place of what was told before.
    """

    message_id: MessageId
    alias: Alias
    at: datetime
    via: str
    outcome: WakeOutcome
    trouble: str = ""
    wake_id: str = ""


Mark = Fetched | Acknowledged | Woken
