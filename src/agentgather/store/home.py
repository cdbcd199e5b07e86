"""Where everything lives under $AGENTGATHER_HOME (docs/protocol.md, Files)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentgather.room.names import Alias, RoomId, alias, room_id
from agentgather.room.refusals import Refusal
from agentgather.store.json_files import DocumentDamaged, pretty, read_document
from agentgather.store.private_files import make_private_directory, turn_at, write_private

__all__ = ["HOME_VARIABLE", "DaemonNote", "DocumentDamaged", "Home", "Seat"]

HOME_VARIABLE = "AGENTGATHER_HOME"


@dataclass(frozen=True, slots=True)
class Seat:
    """A seat held from this home: who we are in a room, where it is reached, and the token that proves it."""

    room: RoomId
    alias: Alias
    base_url: str
    token: str = field(repr=False)

    def to_json(self) -> dict[str, Any]:
        return {"roomId": self.room, "alias": self.alias, "token": self.token, "baseUrl": self.base_url}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Seat:
        texts = {name: value[name] for name in ("roomId", "alias", "token", "baseUrl")}
        if not all(isinstance(text, str) for text in texts.values()):
            raise TypeError("a seat is four texts")
        return Seat(room_id(texts["roomId"]), alias(texts["alias"]), texts["baseUrl"], texts["token"])


@dataclass(frozen=True, slots=True)
class DaemonNote:
    """What a serving daemon leaves beside the lock of each of its rooms. `url` is the room's own base URL."""

    pid: int
    url: str
    started_at: str
    version: str

    def to_json(self) -> dict[str, Any]:
        return {"pid": self.pid, "url": self.url, "started_at": self.started_at, "version": self.version}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> DaemonNote:
        texts = [value[name] for name in ("url", "started_at", "version")]
        if not all(isinstance(text, str) for text in texts):
            raise TypeError("a daemon's URL, start and version are texts")
        if type(value["pid"]) is not int or value["pid"] <= 0:
            raise ValueError("a pid is a positive integer")
        return DaemonNote(value["pid"], *texts)


class Home:
    """The paths of one home directory, and the small documents in it that are not the room's own."""

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def from_environment(environ: Mapping[str, str] = os.environ) -> Home:
        named = environ.get(HOME_VARIABLE)
        return Home(Path(named).absolute() if named else Path.home() / ".agentgather")

    @property
    def settings_file(self) -> Path:
        return self.root / "agentgather.toml"

    @property
    def current_file(self) -> Path:
        return self.root / "current-room.json"

    @property
    def seats_directory(self) -> Path:
        return self.root / "seats"

    @property
    def rooms_directory(self) -> Path:
        return self.root / "rooms"

    def room_directory(self, room: RoomId) -> Path:
        return self.rooms_directory / room

    def messages_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "messages.jsonl"

    def participants_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "participants.json"

    def deliveries_file(self, room: RoomId) -> Path:
        """What was seen of messages at those they are for."""
        return self.room_directory(room) / "deliveries.jsonl"

    def room_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "room.json"

    def brief_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "brief.md"

    def lock_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "write.lock"

    def daemon_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "daemon.json"

    def tunnel_file(self, room: RoomId) -> Path:
        return self.room_directory(room) / "tunnel.json"

    def tunnel_lock_file(self, room: RoomId) -> Path:
        """Held by the process that publishes `room`, for as long as it lives."""
        return self.room_directory(room) / "tunnel.lock"

    def tunnel_log_file(self, room: RoomId) -> Path:
        """What a tunnel in the background has to say."""
        return self.room_directory(room) / "tunnel.log"

    @property
    def host_key_file(self) -> Path:
        """The key by which brokers know this home again."""
        return self.root / "host.key"

    def old_tokens_file(self, room: RoomId) -> Path:
        """Where 0.1 kept the tokens it gave out, in clear. Read, never written."""
        return self.room_directory(room) / "tokens.json"

    def cursor_file(self, room: RoomId, alias: Alias) -> Path:
        return self.room_directory(room) / "cursors" / f"{alias}.json"

    def seat_file(self, room: RoomId, alias: Alias) -> Path:
        return self.seats_directory / f"{room}@{alias}.json"

    def hosts(self, room: RoomId) -> bool:
        """Whether this home holds the log of `room`, so that it can be served from here."""
        return self.messages_file(room).exists()

    def rooms(self) -> list[RoomId]:
        """The rooms whose logs are in this home, by name."""
        if not self.rooms_directory.is_dir():
            return []
        return sorted(room for room in map(_room_name, self.rooms_directory.iterdir()) if room and self.hosts(room))

    def current(self) -> Seat | None:
        """The seat that commands act as when none is named. Raises DocumentDamaged."""
        return _read_seat(self.current_file)

    def seats(self) -> Iterator[Seat]:
        """Every seat held from this home, by name. Raises DocumentDamaged."""
        for path in sorted(self.seats_directory.glob("*@*.json")):
            seat = _read_seat(path)
            if seat is not None:
                yield seat

    def keep_seat(self, seat: Seat, *, is_current: bool = True) -> None:
        """Remember a seat, and make it the current one."""
        self._write(self.seat_file(seat.room, seat.alias), seat.to_json())
        if is_current:
            self._write(self.current_file, seat.to_json())

    def cursor(self, room: RoomId, alias: Alias) -> int:
        """The last id that `alias` was shown from here; 0 at first. Raises DocumentDamaged."""
        value = read_document(self.cursor_file(room, alias))
        if value is None:
            return 0
        since_id = value.get("sinceId") if isinstance(value, dict) else None
        if type(since_id) is not int or since_id < 0:
            raise DocumentDamaged(self.cursor_file(room, alias), "it holds no cursor")
        return since_id

    def keep_cursor(self, room: RoomId, alias: Alias, since_id: int, *, now: str) -> None:
        """Move a cursor on; never backwards, also when several processes of one seat move it at once."""
        path = self.cursor_file(room, alias)
        make_private_directory(path.parent)
        with turn_at(path.parent):
            if since_id > self.cursor(room, alias):
                write_private(path, pretty({"alias": alias, "sinceId": since_id, "updatedAt": now}))

    def daemon(self, room: RoomId) -> DaemonNote | None:
        """The note of the daemon that serves `room`, or last did. Raises DocumentDamaged."""
        value = read_document(self.daemon_file(room))
        if value is None:
            return None
        try:
            return DaemonNote.from_json(value)
        except (KeyError, TypeError, ValueError):
            raise DocumentDamaged(self.daemon_file(room), "it is no daemon's note") from None

    def keep_daemon(self, room: RoomId, note: DaemonNote) -> None:
        self._write(self.daemon_file(room), note.to_json())

    def forget_daemon(self, room: RoomId) -> None:
        """Take the note away. Only for whoever holds the room's lock: the note is then its own, or a dead daemon's."""
        self.daemon_file(room).unlink(missing_ok=True)

    def old_token(self, room: RoomId, alias: Alias) -> str | None:
        """The token that 0.1 remembered for `alias`, if it did."""
        value = read_document(self.old_tokens_file(room))
        tokens = value.get("tokens") if isinstance(value, dict) else None
        token = tokens.get(alias) if isinstance(tokens, dict) else None
        return token if isinstance(token, str) else None

    def _write(self, path: Path, document: Mapping[str, Any]) -> None:
        make_private_directory(path.parent)
        write_private(path, pretty(document))


def _read_seat(path: Path) -> Seat | None:
    value = read_document(path)
    if value is None:
        return None
    try:
        return Seat.from_json(value)
    except (KeyError, TypeError, AttributeError, Refusal):
        raise DocumentDamaged(path, "it holds no seat") from None


def _room_name(path: Path) -> RoomId | None:
    try:
        return room_id(path.name)
    except Refusal:
        return None
