"""What clients are answered: participants, briefs, the status of a room, and what a wait brought."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from agentgather.api.event_json import seat_json
from agentgather.api.record_json import compact
from agentgather.room.concern import Concern
from agentgather.room.keeping import Kept
from agentgather.room.live_state import LiveState
from agentgather.room.message import timestamp
from agentgather.room.modes import wake_tier
from agentgather.room.names import Alias
from agentgather.room.participant import (
    Attention,
    Brief,
    Participant,
    Policy,
    attendance_state,
    is_attendance_required,
)

Json = dict[str, Any]


def brief_answer(brief: Brief) -> Json:
    return {
        "body": brief.body,
        "brief_version": brief.version,
        "brief_updated_at": timestamp(brief.updated_at),
        "brief_updated_by": brief.updated_by,
    }


@dataclass(slots=True)
class Seen:
    """What is known of a participant beside its seat (contract section 2.8); ids are 0 before the first delivery."""

    attention: Attention
    last_seen_at: datetime
    age_ms: int
    delivered_id: int
    read_id: int
    live_state: LiveState = LiveState.AWAY
    working_on: str | None = None


def participant_answer(seat: Participant, seen: Seen, *, stale_after_ms: int, policy: Policy) -> Json:
    """A participant as everybody in the room may see it (contract section 2.8)."""
    is_required = is_attendance_required(seat, policy=policy)
    working_on = {} if seen.working_on is None else {"working_on": seen.working_on}
    return shown_seat_json(seat) | {
        "attention": seen.attention.value,
        "lastSeenAt": timestamp(seen.last_seen_at),
        "attendance_required": is_required,
        "attendance_state": attendance_state(
            attention=seen.attention,
            is_required=is_required,
            seen_age_ms=seen.age_ms,
            stale_after_ms=stale_after_ms,
        ),
        "last_seen_age_ms": seen.age_ms,
        "stale_after_ms": stale_after_ms,
        "delivered_id": seen.delivered_id,
        "read_id": seen.read_id,
        "live_state": seen.live_state.value,
        **working_on,
    }


def shown_seat_json(seat: Participant) -> Json:
    """A seat as it is shown: as the log has it, and what follows from that."""
    mode = seat.effective_mode
    return seat_json(seat) | {"effective_mode": mode.value, "wake_tier": wake_tier(mode).value}


def participant_text(seat: Participant, seen: Seen, *, stale_after_ms: int, policy: Policy) -> bytes:
    """`participant_answer` as JSON, at a tenth of the cost: all but the age is written once for what is seen again and again."""
    known = _texts.get(id(seat))
    if known is None or known.seat is not seat:
        if len(_texts) >= _SEATS_MAX:
            _texts.clear()
        known = _texts[id(seat)] = _SeatText(seat)
    return known.of(seen, stale_after_ms=stale_after_ms, policy=policy)


class _SeatText:
    """A seat as it was last told: what stands before its age, and what stands behind."""

    __slots__ = ("_asked", "_before", "_behind", "seat")

    def __init__(self, seat: Participant) -> None:
        self.seat = seat
        self._asked: tuple[object, ...] = ()
        self._before = self._behind = b""

    def of(self, seen: Seen, *, stale_after_ms: int, policy: Policy) -> bytes:
        asked = (
            seen.attention,
            seen.last_seen_at,
            seen.delivered_id,
            seen.read_id,
            seen.live_state,
            seen.working_on,
            seen.age_ms > stale_after_ms,
            stale_after_ms,
            policy,
        )
        if asked != self._asked:
            answer = participant_answer(self.seat, seen, stale_after_ms=stale_after_ms, policy=policy)
            names = list(answer)
            place = names.index("last_seen_age_ms")
            self._before = compact({name: answer[name] for name in names[:place]})[:-1] + b',"last_seen_age_ms":'
            self._behind = b"," + compact({name: answer[name] for name in names[place + 1 :]})[1:]
            self._asked = asked
        return b"%s%d%s" % (self._before, seen.age_ms, self._behind)


_SEATS_MAX = 4_096  # the seats of several rooms as large as a room may be
_texts: dict[int, _SeatText] = {}  # by identity: a seat never changes, and to hash one costs more than to tell of it


def status_answer(before: Json, participants: Iterable[bytes], after: Json) -> bytes:
    """The status object (contract section 2.5): what stands `before` the texts of the `participants`, and `after` them."""
    return b'%s,"participants":[%s],%s\n' % (compact(before)[:-1], b",".join(participants), compact(after)[1:])


def room_status(*, is_open: bool) -> str:
    return "open" if is_open else "closed"


def joined_json(kept: Sequence[Kept]) -> bytes:
    """The records as the inside of a JSON array; each record was encoded once, when it was recorded."""
    return b",".join([one.json for one in kept])


def messages_answer(kept: Sequence[Kept], *, next_since_id: int, is_open: bool, has_more: bool) -> bytes:
    tail = {"next_since_id": next_since_id, "room_status": room_status(is_open=is_open), "has_more": has_more}
    return b'{"ok":true,"messages":[' + joined_json(kept) + b"]," + compact(tail)[1:] + b"\n"


def search_answer(found: Sequence[Kept], *, next_before_id: int | None) -> bytes:
    """What a search found, newest first; `next_before_id` is None when the room holds no more of it."""
    tail = {"next_before_id": next_before_id, "has_more": next_before_id is not None}
    return b'{"ok":true,"messages":[' + joined_json(found) + b"]," + compact(tail)[1:] + b"\n"


def message_answer(one: Kept, *, is_repeat: bool = False) -> bytes:
    return b'{"ok":true,"message":' + one.json + (b',"idempotent":true}\n' if is_repeat else b"}\n")


def concern_json(one: Concern) -> Json:
    """Why a record concerns whoever asks."""
    return {"id": one.id, "by": one.by, "reasons": [reason.value for reason in one.reasons]}


def wait_answer(
    kept: Sequence[Kept],
    *,
    room: str,
    is_open: bool,
    alias: Alias,
    reason: str,
    next_since_id: int,
    next_cmd: str | None,
    concerns: Sequence[Concern] = (),
    is_removed: bool = False,
) -> bytes:
    """The wait object (contract section 2.6, docs/protocol.md Waiting), with the records' own bytes in its middle."""
    head: Json = {
        "ok": True,
        "room": room,
        "room_status": room_status(is_open=is_open),
        "participant": alias,
    }
    if is_removed:
        head["participant_status"] = "removed"
    is_idle = reason in ("heartbeat", "shutdown")
    tail = {
        "mentioned": any(alias in one.record.mentions for one in kept),
        "concerns": [concern_json(one) for one in concerns],
        "next_since_id": next_since_id,
        "keep_waiting": is_idle,
        "next_cmd": next_cmd,
        "reason": reason,
    }
    heartbeat = b',"heartbeat":true,"messages":[' if is_idle else b',"heartbeat":false,"messages":['
    return b"".join((compact(head)[:-1], heartbeat, joined_json(kept), b"],", compact(tail)[1:], b"\n"))
