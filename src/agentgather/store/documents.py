"""The checkpoints of a room: room.json, participants.json and brief.md, replaced atomically, rebuilt from the log."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from agentgather.api.event_json import read_seat, seat_json
from agentgather.room.keeping import SavedSeat
from agentgather.room.message import moment, timestamp
from agentgather.room.names import SYSTEM, Alias, RoomId
from agentgather.room.participant import Attention, Brief, Policy
from agentgather.room.state import RoomState
from agentgather.store.home import DocumentDamaged, Home, pretty, read_document
from agentgather.store.private_files import storage_trouble, write_private

_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class RoomDocuments:
    """Writes the checkpoints of one room (room.keeping.Documents)."""

    def __init__(self, home: Home, room: RoomId) -> None:
        self._home = home
        self._room = room

    def save_roster(self, seats: Sequence[SavedSeat], *, through_id: int) -> None:
        document = {"through_id": through_id, "participants": [saved_seat_json(seat) for seat in seats]}
        try:
            write_private(self._home.participants_file(self._room), pretty(document))
        except OSError as error:
            raise storage_trouble(error) from error

    def save_room(self, state: RoomState) -> None:
        try:
            write_private(self._home.brief_file(self._room), state.brief.body.encode())
            write_private(self._home.room_file(self._room), pretty(room_json(state)))
        except OSError as error:
            raise storage_trouble(error) from error


def room_json(state: RoomState) -> dict[str, Any]:
    """room.json (contract section 4.2); `through_id` is the record it speaks through."""
    document: dict[str, Any] = {
        "id": state.room,
        "status": "open" if state.is_open else "closed",
        "attendance_policy": state.policy.value,
        "createdAt": timestamp(state.created_at),
        "updatedAt": state.updated_ts or timestamp(state.created_at),
    }
    if state.expires_at is not None:
        document["expires_at"] = timestamp(state.expires_at)
    return document | {
        "next_message_id": state.last_id + 1,
        "brief_version": state.brief.version,
        "brief_updated_at": timestamp(state.brief.updated_at),
        "brief_updated_by": state.brief.updated_by,
        "through_id": state.last_id,
    }


def saved_seat_json(saved: SavedSeat) -> dict[str, Any]:
    """A seat in participants.json (contract section 4.3)."""
    document = seat_json(saved.participant) | {
        "attention": saved.attention.value,
        "lastSeenAt": timestamp(saved.last_seen_at),
        "delivered_id": saved.delivered_id,
        "read_id": saved.read_id,
    }
    if saved.token_hash is not None:
        document["token_hash"] = saved.token_hash
    if saved.token_expires_at is not None:
        document["token_expires_at"] = timestamp(saved.token_expires_at)
    return document


def load_roster(home: Home, room: RoomId) -> list[SavedSeat]:
    """The seats in participants.json, 0.1's bare list included; none when there is no file. Raises DocumentDamaged."""
    path = home.participants_file(room)
    document = read_document(path)
    if document is None:
        return []
    seats = document.get("participants") if isinstance(document, dict) else document
    try:
        if not isinstance(seats, list):
            raise TypeError("participants are a list")
        return [_read_saved_seat(seat) for seat in seats]
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise DocumentDamaged(path, f"a participant cannot be read ({type(broken).__name__})") from None


def load_old_state(home: Home, room: RoomId, seats: Sequence[SavedSeat]) -> RoomState:
    """The room as the documents of 0.1 tell it, before any record. Raises DocumentDamaged."""
    path = home.room_file(room)
    document = read_document(path)
    try:
        if document is None:
            raise ValueError("it is missing")
        at = moment(document["brief_updated_at"])
        brief_file = home.brief_file(room)
        body = brief_file.read_bytes().decode() if brief_file.exists() else ""
        expires_at = document.get("expires_at")
        return RoomState(
            room,
            is_open=document["status"] != "closed",
            policy=Policy(document.get("attendance_policy", "manual-ok")),
            brief=Brief(body, int(document["brief_version"]), at, Alias(document.get("brief_updated_by", SYSTEM))),
            created_at=moment(document["createdAt"]),
            updated_ts=document["updatedAt"],
            expires_at=moment(expires_at) if expires_at else None,
            participants={seat.participant.alias: seat.participant for seat in seats},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as broken:
        raise DocumentDamaged(path, f"this older room cannot be told without it ({broken})") from None


def with_last_number(state: RoomState, home: Home) -> RoomState:
    """`state` whose next id is at least what 0.1 noted: a number it gave out is never given out again."""
    document = read_document(home.room_file(state.room))
    noted = document.get("next_message_id", 1) if isinstance(document, dict) else 1
    return replace(state, last_id=max(state.last_id, noted - 1)) if type(noted) is int else state


def _read_saved_seat(value: Mapping[str, Any]) -> SavedSeat:
    expires_at = value.get("token_expires_at")
    token_hash = value.get("token_hash")
    if token_hash is not None and not isinstance(token_hash, str):
        raise TypeError("a token's digest is text")
    return SavedSeat(
        read_seat(value),
        token_hash,
        moment(expires_at) if expires_at else None,
        Attention(value.get("attention", "manual")),
        moment(value["lastSeenAt"]) if "lastSeenAt" in value else _NEVER,
        int(value.get("delivered_id", 0)),
        int(value.get("read_id", 0)),
    )
