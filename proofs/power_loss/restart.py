"""A machine comes up again: what the product finds on the disk, by its own opening code."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from agentgather.room.delivery.marks import Acknowledged, Mark
from agentgather.room.message import Message, MessageType
from agentgather.room.names import Alias, MessageId, RoomId
from agentgather.store.home import Home
from agentgather.store.opening import open_room
from agentgather.store.tunnel_note import living_tunnel
from agentgather.tunnel.keys import HostKey
from agentgather_broker.leases import read_leases
from proofs.power_loss.outage import Image

HOME = "home"
LEASES = "leases.json"


@dataclass(slots=True)
class FoundRoom:
    """A room as it opened. `log` is its file before it was opened and after, `torn` what was cut off and is kept."""

    texts: dict[int, str]
    lines: list[bytes]
    tokens: dict[str, str | None]
    brief: str
    is_open: bool
    unfinished_scrubs: list[int]
    notes: list[str]
    log: tuple[bytes, bytes]
    torn: list[bytes]
    leftovers: list[str]
    cursors: dict[str, int] = field(default_factory=dict)
    acknowledged: dict[tuple[int, str], bool] = field(default_factory=dict)  # record and alias to whether it is done


@dataclass(slots=True)
class Found:
    """All that a home and a broker's state file say. `seats`: room and alias to token."""

    rooms: dict[str, FoundRoom]
    seats: dict[str, str]
    current: str | None
    key: str | None
    leases: dict[str, str]


def put(found: Image, root: Path) -> None:
    """Make `root` a directory that holds just this."""
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for path, content in found.items():
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)
            (root / path).chmod(0o600)


def restarted(root: Path) -> Found:
    """Everything that is opened and read on a machine that comes up. Raises whatever keeps it from that."""
    home = Home(root / HOME)
    rooms = {str(room): _opened(home, room) for room in home.rooms()}
    seats = {f"{seat.room}@{seat.alias}": seat.token for seat in home.seats()}
    current = home.current()
    key = HostKey.load(home.host_key_file).public.hex() if home.host_key_file.exists() else None
    leases = {lease.slug: lease.owner for lease in read_leases(root / LEASES)}
    return Found(rooms, seats, f"{current.room}@{current.alias}" if current else None, key, leases)


def _opened(home: Home, room: RoomId) -> FoundRoom:
    directory, log = home.room_directory(room), home.messages_file(room)
    home.daemon(room)
    living_tunnel(home, room)
    before, torn_before = log.read_bytes(), set(directory.glob("*.torn-*"))
    opened = open_room(home, room, now=datetime.now(UTC))
    opened.close()
    cursors = {path.stem: home.cursor(room, Alias(path.stem)) for path in (directory / "cursors").glob("[!.]*.json")}
    return FoundRoom(
        texts={one.record.id: one.record.text for one in opened.kept},
        lines=[one.line for one in opened.kept],
        tokens={str(seat.participant.alias): seat.token_hash for seat in opened.seats},
        brief=opened.state.brief.body,
        is_open=opened.state.is_open,
        unfinished_scrubs=[int(number) for number in opened.unfinished_scrubs],
        notes=opened.notes,
        log=(before, log.read_bytes()),
        torn=[path.read_bytes() for path in set(directory.glob("*.torn-*")) - torn_before],
        leftovers=[path.name for path in directory.iterdir() if path.name.endswith(".tmp")],
        cursors=cursors,
        acknowledged=_acknowledged(opened.marks),
    )


def _acknowledged(marks: Iterable[Mark]) -> dict[tuple[int, str], bool]:
    found: dict[tuple[int, str], bool] = {}
    for mark in marks:
        if isinstance(mark, Acknowledged):
            place = int(mark.message_id), str(mark.alias)
            found[place] = mark.is_done or found.get(place, False)
    return found


def go_on(root: Path) -> None:
    """Each room takes one more record, and opens with it."""
    home = Home(root / HOME)
    for room in home.rooms():
        opened = open_room(home, room, now=datetime.now(UTC))
        number = opened.state.last_id + 1
        opened.journal.append(
            [
                Message(
                    MessageId(number), room, "2026-04-01T09:30:00.000Z", Alias("ops"), MessageType.MESSAGE, "we go on"
                )
            ]
        )
        opened.close()
        again = open_room(home, room, now=datetime.now(UTC))
        again.close()
        assert again.state.last_id == number
        assert again.kept[-1].record.text == "we go on"
