"""The checkpoints of a room: room.json, participants.json and brief.md, replaced atomically, rebuilt from the log."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentgather.api.event_json import read_seat, seat_json
from agentgather.room.keeping import SavedSeat
from agentgather.room.message import moment, timestamp
from agentgather.room.names import SYSTEM, Alias, RoomId, is_message_id
from agentgather.room.participant import Attention, Brief, Policy
from agentgather.room.state import RoomState
from agentgather.store.disk import Disk, RealDisk
from agentgather.store.home import Home
from agentgather.store.json_files import DOCUMENT_BYTES_MAX, DocumentDamaged, checked, pretty, read_document, unchecked
from agentgather.store.log_file import storable
from agentgather.store.private_files import storage_trouble

# Numbers that a log may have lost at its end: a room's most records. A document that claims more is not believed.
NUMBERS_LOST_MAX = 50_000

_SEAT = re.compile(rb"(?=(^    \{$.*?^    \}))", re.MULTILINE | re.DOTALL)  # as it stands in participants.json
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
_UNREADABLE = (KeyError, TypeError, ValueError, AttributeError)


class RoomDocuments:
    """Writes the checkpoints of one room (room.keeping.Documents)."""

    def __init__(self, home: Home, room: RoomId, *, disk: Disk | None = None) -> None:
        self._home = home
        self._room = room
        self._disk = disk or RealDisk()

    def save_roster(self, seats: Sequence[SavedSeat], *, through_id: int, deliveries_through: int = 0) -> None:
        document: dict[str, Any] = {"through_id": through_id}
        if deliveries_through:
            document["deliveries_through"] = deliveries_through
        document["participants"] = [checked(saved_seat_json(seat)) for seat in seats]
        try:
            self._disk.replace(self._home.participants_file(self._room), pretty(document))
        except OSError as error:
            raise storage_trouble(error) from error

    def save_room(self, state: RoomState) -> None:
        try:
            self._disk.replace(self._home.brief_file(self._room), state.brief.body.encode())
            self._disk.replace(self._home.room_file(self._room), pretty(room_json(state)))
        except OSError as error:
            raise storage_trouble(error) from error


def room_json(state: RoomState) -> dict[str, Any]:
    """room.json (contract section 4.2) and two fields of ours.

    `through_id` is the record it speaks through, `told_by_log` whether the log alone tells the room (not so in a room
    of 0.1 before we wrote to it): a log that says less than this has lost its end.
    """
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
        "told_by_log": state.is_told,
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


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """How far the checkpoints of a room speak. Each was written after its records were durable.

    `is_whole`: none of them is missing or broken. `deliveries_through`: how far the room's delivery file had come.
    """

    through_id: int = 0
    is_told: bool = False
    is_whole: bool = True
    deliveries_through: int = 0


def load_checkpoint(*paths: Path) -> tuple[Checkpoint, list[str]]:
    """How far the room.json and participants.json at `paths` speak, and a note on each that is missing or broken."""
    through_ids, deliveries, is_told, notes = [0], 0, False, []
    for path in paths:
        try:
            document = read_document(path)
        except DocumentDamaged as damage:
            notes.append(f"{path.name} is damaged: {damage.reason}")
            continue
        if document is None:
            notes.append(f"{path.name} is missing")
        elif isinstance(document, dict):
            is_told = is_told or document.get("told_by_log") is True
            if is_message_id(document.get("through_id")):
                through_ids.append(document["through_id"])
            if is_message_id(document.get("deliveries_through")):
                deliveries = document["deliveries_through"]
    return Checkpoint(max(through_ids), is_told, is_whole=not notes, deliveries_through=deliveries), notes


def load_roster(home: Home, room: RoomId) -> list[SavedSeat]:
    """The seats in participants.json, 0.1's bare list included; none when there is no file. Raises DocumentDamaged."""
    path = home.participants_file(room)
    document = read_document(path)
    if document is None:
        return []
    try:
        seats = document["participants"] if isinstance(document, dict) else document
        if not isinstance(seats, list):
            raise TypeError("participants are a list")
        return list({seat.participant.alias: seat for seat in map(_read_saved_seat, seats)}.values())
    except _UNREADABLE as broken:
        raise DocumentDamaged(path, f"a participant cannot be read ({type(broken).__name__})") from None


def saved_seats(home: Home, room: RoomId) -> list[SavedSeat]:
    """The seats of a damaged participants.json that are what was written, each by its own check: a damage costs one."""
    try:
        content = home.participants_file(room).read_bytes()[:DOCUMENT_BYTES_MAX]
    except FileNotFoundError:
        return []
    saved: dict[Alias, SavedSeat] = {}
    for found in _SEAT.finditer(content):
        try:
            written = json.loads(found[1])
            if "check" in written:
                seat = _read_saved_seat(unchecked(written))
                saved[seat.participant.alias] = seat
        except (*_UNREADABLE, RecursionError):
            continue
    return list(saved.values())


def load_old_state(home: Home, room: RoomId, seats: Sequence[SavedSeat]) -> RoomState:
    """The room as the documents of 0.1 tell it, before any record. Raises DocumentDamaged."""
    path = home.room_file(room)
    document = read_document(path)
    if document is None:
        raise DocumentDamaged(path, "it is missing, and the log of a room of 0.1 does not tell the room without it")
    try:
        updated_at, expires_at = document["updatedAt"], document.get("expires_at")
        moment(updated_at)
        return RoomState(
            room,
            is_open=document["status"] != "closed",
            policy=Policy(document.get("attendance_policy", "manual-ok")),
            brief=_old_brief(home, room, document),
            created_at=moment(document["createdAt"]),
            updated_ts=updated_at,
            expires_at=moment(expires_at) if expires_at else None,
            participants={seat.participant.alias: seat.participant for seat in seats},
        )
    except _UNREADABLE as broken:
        raise DocumentDamaged(path, f"it cannot be read ({broken})") from None


def _old_brief(home: Home, room: RoomId, document: Mapping[str, Any]) -> Brief:
    path = home.brief_file(room)
    body = path.read_bytes().decode(errors="replace") if path.exists() else ""
    by, version = document.get("brief_updated_by", SYSTEM), document["brief_version"]
    if not isinstance(by, str) or type(version) is not int:
        raise TypeError("the brief has an author and a version")
    return Brief(body, version, moment(document["brief_updated_at"]), Alias(by))


def with_last_number(state: RoomState, home: Home) -> RoomState:
    """`state` whose next id is at least what 0.1 noted: a number it gave out is never given out again."""
    document = read_document(home.room_file(state.room))
    noted = document.get("next_message_id") if isinstance(document, dict) else None
    if type(noted) is not int or not state.last_id < noted <= state.last_id + NUMBERS_LOST_MAX:
        return state
    return replace(state, last_id=noted - 1)


def _read_saved_seat(value: Mapping[str, Any]) -> SavedSeat:
    expires_at, token_hash = value.get("token_expires_at"), value.get("token_hash")
    if not isinstance(token_hash, str | None):
        raise TypeError("a token's digest is text")
    seat = read_seat(unchecked(value))
    if seat.display_name is not None:
        seat = replace(seat, display_name=storable(seat.display_name))
    return SavedSeat(
        seat,
        token_hash,
        moment(expires_at) if expires_at else None,
        Attention(value.get("attention", "manual")),
        moment(value["lastSeenAt"]) if "lastSeenAt" in value else _NEVER,
        int(value.get("delivered_id", 0)),
        int(value.get("read_id", 0)),
    )
