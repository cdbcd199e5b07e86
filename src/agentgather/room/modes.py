"""How a participant's attention is had: what it declares it can do, what the host asks for, and what follows from both.

Nobody is shown with a capability that it did not declare. The rule behind all of them: an empty poll never invokes the model.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache


class Mode(StrEnum):
    """The most capable first."""

    FOREGROUND = "foreground_attended"
    WAKE = "wake_on_event"
    HEARTBEAT = "heartbeat"
    MANUAL = "manual"


_RANK = {mode: rank for rank, mode in enumerate(Mode)}  # 0 is the most capable

MODE_MEANS = {
    Mode.FOREGROUND: "it holds a wait in its foreground, and hears at once",
    Mode.WAKE: "a program beside it waits, and wakes it for what concerns it",
    Mode.HEARTBEAT: "a timer looks for it now and then, and wakes it when something concerns it",
    Mode.MANUAL: "a person has to prompt it; nothing here can wake it",
}


class WakeTier(StrEnum):
    """What has to happen for a message to be noticed."""

    EVENT = "A"  # the message itself does it
    NOTIFY = "B"  # it is noticed with the next beat
    RELAY = "C"  # a person tells them


_TIERS = {
    Mode.FOREGROUND: WakeTier.EVENT,
    Mode.WAKE: WakeTier.EVENT,
    Mode.HEARTBEAT: WakeTier.NOTIFY,
    Mode.MANUAL: WakeTier.RELAY,
}


@dataclass(frozen=True, slots=True)
class Declared:
    """What a participant says of its attention. Seconds are advice to others, and start no timer here.

    `poll_cadence_s` is how often it looks by itself, `safety_wake_s` after how long at most it is woken whatever happened.
    """

    supported_modes: tuple[Mode, ...] = ()
    poll_cadence_s: int | None = None
    safety_wake_s: int | None = None


NOTHING_DECLARED = Declared()


def in_order(modes: Iterable[Mode]) -> tuple[Mode, ...]:
    """`modes` each once, the most capable first."""
    return tuple(sorted(set(modes), key=_RANK.__getitem__))


@lru_cache(maxsize=1_024)  # few differ, and a status asks of every seat
def effective_mode(declared: Declared, *, requested: Mode | None) -> Mode:
    """The most capable declared mode that is not above the requested one, else manual. No request asks for the most."""
    above = 0 if requested is None else _RANK[requested]
    return next((mode for mode in in_order(declared.supported_modes) if _RANK[mode] >= above), Mode.MANUAL)


def wake_tier(mode: Mode) -> WakeTier:
    return _TIERS[mode]
