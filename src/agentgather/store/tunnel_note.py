"""What a tunnel leaves beside the room that it publishes, and whether it still holds."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agentgather.store.json_files import DocumentDamaged, pretty, read_document
from agentgather.store.lock import RoomLock, RoomLocked, holder_of
from agentgather.store.private_files import write_private

if TYPE_CHECKING:
    from agentgather.room.names import RoomId
    from agentgather.store.home import Home


@dataclass(frozen=True, slots=True)
class TunnelNote:
    """`public_url` is the room's own URL at the broker, `target_url` where the tunnel speaks to it on this machine.

    `is_live` is false while the link is down: the URL is then nothing to hand out.
    """

    pid: int
    public_url: str
    broker_url: str
    slug: str
    target_url: str
    is_live: bool
    started_at: str
    route_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> TunnelNote:
        """Raises KeyError, TypeError or ValueError for what is no note of ours, 0.1's among it."""
        texts = {name: value[name] for name in ("public_url", "broker_url", "slug", "target_url", "started_at")}
        route_id = value.get("route_id")
        if not all(isinstance(text, str) for text in texts.values()) or not isinstance(route_id, str | None):
            raise TypeError("URLs, slug, start and route are texts")
        if type(value["pid"]) is not int or value["pid"] <= 0 or type(value["is_live"]) is not bool:
            raise ValueError("a pid is a positive integer, and a link is live or is not")
        return TunnelNote(pid=value["pid"], is_live=value["is_live"], route_id=route_id, **texts)


class TunnelRunning(Exception):
    """A tunnel of this room runs already, in process `pid` (0: it cannot be told)."""

    def __init__(self, room: RoomId, pid: int) -> None:
        super().__init__(f"process {pid} publishes {room} already" if pid else f"{room} is being published already")
        self.room = room
        self.pid = pid


class TunnelHold:
    """This process is the room's tunnel, from `take` to `release` or to its end, however it ends.

    The kernel's lock is the truth about that; the note only says where the room is published.
    """

    def __init__(self, home: Home, room: RoomId, lock: RoomLock) -> None:
        self._path = home.tunnel_file(room)
        self._lock = lock

    @staticmethod
    def take(home: Home, room: RoomId, *, now: str) -> TunnelHold:
        """Raises TunnelRunning, or OSError. What a tunnel left that was killed is taken away."""
        try:
            lock = RoomLock.take(home.tunnel_lock_file(room), now=now)
        except RoomLocked as locked:
            raise TunnelRunning(room, locked.pid) from None
        home.tunnel_file(room).unlink(missing_ok=True)
        return TunnelHold(home, room, lock)

    def note(self, note: TunnelNote) -> None:
        """Say how the tunnel is. Raises OSError."""
        content = pretty(note.to_json())
        try:
            write_private(self._path, content)
        except FileNotFoundError:  # a daemon that opens the room sweeps what looks like left over, once
            write_private(self._path, content)

    def release(self) -> None:
        with contextlib.suppress(OSError):
            self._path.unlink(missing_ok=True)
        self._lock.release()


def living_tunnel(home: Home, room: RoomId) -> TunnelNote | None:
    """The note of the tunnel that publishes `room` now, its link live or not; None when no process holds it."""
    try:
        value = read_document(home.tunnel_file(room))
        note = TunnelNote.from_json(value) if isinstance(value, dict) else None
    except (DocumentDamaged, OSError, KeyError, TypeError, ValueError):
        return None
    return note if note is not None and holder_of(home.tunnel_lock_file(room)) == note.pid else None


class TunnelsBeside:
    """Where tunnels that run beside a daemon publish its rooms. Asked at every card and wait: a note is read once."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._paths: dict[RoomId, str] = {}  # of the notes: to put one together costs as much as to look for it
        self._read: dict[RoomId, tuple[tuple[int, int, int], TunnelNote | None]] = {}

    def public_url(self, room: RoomId) -> str | None:
        """The room's URL at a broker, while a link there is live and the process that holds it lives."""
        path = self._paths.get(room)
        if path is None:
            path = self._paths[room] = str(self._home.tunnel_file(room))
        try:
            found = os.stat(path)  # noqa: PTH116 - of a path that mostly is not there
        except OSError:
            self._read.pop(room, None)
            return None
        stamp = (found.st_ino, found.st_mtime_ns, found.st_size)
        known = self._read.get(room)
        if known is None or known[0] != stamp:
            known = self._read[room] = (stamp, living_tunnel(self._home, room))
        note = known[1]
        if note is None or not note.is_live or holder_of(self._home.tunnel_lock_file(room)) != note.pid:
            return None
        return note.public_url
