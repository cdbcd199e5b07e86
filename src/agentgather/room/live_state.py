"""What a participant is doing right now, from what is seen of it: whether a message will be heard, and by when."""

from __future__ import annotations

from enum import StrEnum

from agentgather.room.modes import Mode
from agentgather.room.participant import Attention, Kind, Participant

WORKING_SECONDS_MAX = 1_800  # what somebody said half an hour ago is no news: who still works says so again
WORKING_ON_UNITS_MAX = 200


class LiveState(StrEnum):
    ATTENDING = "attending"  # it holds a wait or a stream now
    WORKING = "working"  # it said so, and has neither waited nor spoken since
    IDLE = "idle"  # seen lately, or a program beside it waits in order to wake it
    AWAY = "away"  # it left, or was not seen for long
    CANNOT_BE_WOKEN = "cannot_be_woken"  # an agent that was not seen for long, and that nothing here can wake


def live_state(
    seat: Participant,
    *,
    attention: Attention,
    is_holding: bool,
    is_working: bool,
    is_watched: bool,
    was_seen: bool,
    seen_age_ms: int,
    stale_after_ms: int,
) -> LiveState:
    """The state of `seat`. `is_watched`: a program waits for it without being it; `was_seen`: it was here at least once.

    Somebody who was seen within `stale_after_ms`, or within how often it says it looks, is idle whatever its mode: agents
    that poll are between two polls most of the time.
    """
    if seat.is_removed:
        return LiveState.AWAY
    if is_working:
        return LiveState.WORKING
    if is_holding:
        return LiveState.ATTENDING
    if attention is Attention.AWAY:
        return LiveState.AWAY
    within_ms = stale_after_ms + 1000 * (seat.declared.poll_cadence_s or 0)
    if was_seen and seen_age_ms <= within_ms:
        return LiveState.IDLE
    if seat.effective_mode is not Mode.MANUAL:
        return LiveState.IDLE if is_watched else LiveState.AWAY
    return LiveState.CANNOT_BE_WOKEN if seat.kind is Kind.AGENT else LiveState.AWAY
