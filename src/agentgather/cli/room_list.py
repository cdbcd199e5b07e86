"""`agentgather room list`: the rooms of this home, hosted or visited."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from agentgather.cli.columns import columns
from agentgather.cli.host_flags import NO_FLAGS, HomeFlags
from agentgather.cli.output import output_for
from agentgather.client.daemon import is_living
from agentgather.room.message import timestamp
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home
from agentgather.store.json_files import DocumentDamaged, read_document


@dataclass(slots=True)
class Listed:
    """One line of the list. `status`: open, closed or damaged for a room of this home; None: only its host knows."""

    room: RoomId
    is_hosted: bool
    alias: Alias | None = None
    url: str | None = None
    status: str | None = None
    served_by: int | None = None
    is_current: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "room": self.room,
            "alias": self.alias,
            "hosted": self.is_hosted,
            "status": self.status,
            "baseUrl": self.url,
            "served_by": self.served_by,
            "current": self.is_current,
        }

    def row(self) -> tuple[str, ...]:
        if self.served_by is not None:
            state = f"{self.status}, served by process {self.served_by}"
        else:
            state = f"{self.status}, not served" if self.is_hosted else "elsewhere"
        return ("*" if self.is_current else " ", f"{self.room}@{self.alias or '?'}", state, self.url or "")


@dataclass(slots=True)
class _Hosted:
    """What this home knows of a room of its own without opening it."""

    status: str
    served_by: int | None = None
    url: str | None = None
    seats: list[Listed] = field(default_factory=list)


def list_rooms(*, flags: HomeFlags = NO_FLAGS) -> None:
    """List the rooms that are hosted here, and the seats you hold. The current seat has a star."""
    output, home = output_for(is_json=flags.json), flags.open_home()
    listed = listing(home, now=datetime.now(UTC))
    lines = (
        columns([one.row() for one in listed]) if listed else ["no rooms yet: agentgather up, or agentgather room join"]
    )
    output.answer({"ok": True, "rooms": [one.to_json() for one in listed]}, *lines)


def listing(home: Home, *, now: datetime) -> list[Listed]:
    """A line for every seat held here, and for every room of this home in which no seat is held."""
    hosted = {room: _hosted(home, room, now=now) for room in home.rooms()}
    current = home.current()
    listed = []
    for seat in dict.fromkeys([*home.seats(), *([current] if current else [])]):
        own = hosted.get(seat.room)
        listed.append(
            Listed(
                seat.room,
                own is not None,
                seat.alias,
                seat.base_url,
                own.status if own else None,
                own.served_by if own else None,
                is_current=current is not None and (seat.room, seat.alias) == (current.room, current.alias),
            )
        )
    seated = {one.room for one in listed}
    listed += [
        Listed(room, True, url=own.url, status=own.status, served_by=own.served_by)
        for room, own in hosted.items()
        if room not in seated
    ]
    return sorted(listed, key=lambda one: (one.room, one.alias or ""))


def _hosted(home: Home, room: RoomId, *, now: datetime) -> _Hosted:
    try:
        document = read_document(home.room_file(room))
        note = home.daemon(room)
    except DocumentDamaged:
        return _Hosted("damaged")
    fields = document if isinstance(document, dict) else {}
    end = fields.get("expires_at")
    is_over = fields.get("status") == "closed" or (isinstance(end, str) and end <= timestamp(now))
    is_served = note is not None and is_living(note)
    return _Hosted(
        "closed" if is_over else "open",
        note.pid if note and is_served else None,
        note.url if note and is_served else None,
    )
