"""What a room's `deliveries.jsonl` says: every line that is what was written, and what is damaged of it or missing, by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

from agentgather.api.delivery_json import read_mark
from agentgather.api.event_parts import whole
from agentgather.room.delivery.marks import Mark
from agentgather.room.names import RoomId
from agentgather.store.documents import load_checkpoint
from agentgather.store.home import Home
from agentgather.store.json_files import unchecked
from agentgather.store.log_file import lines_of

FILE_BYTES_MAX = 64 * 1024 * 1024  # whatever is larger is not ours


@dataclass(slots=True)
class DeliveryReading:
    """What a file of marks says. `faults` names what of it is damaged or missing; `torn_bytes` is what a crash left.

    `is_unread`: it is there, and nobody knows what it says; `is_partial`: some of its lines are not what was written.
    """

    marks: list[Mark] = field(default_factory=list)
    through: int = 0
    line_count: int = 0
    bytes_length: int = 0
    faults: list[str] = field(default_factory=list)
    torn_bytes: int = 0
    is_there: bool = True
    is_unread: bool = False
    is_partial: bool = False
    lacks_newline: bool = False

    @property
    def is_sound(self) -> bool:
        """Whether it can be appended to as it is."""
        return self.is_there and not self.faults and not self.torn_bytes and not self.lacks_newline

    def notes(self) -> list[str]:
        """What a person should know of it."""
        return [f"what became of some messages is forgotten: {fault}" for fault in self.faults]


def read_deliveries(path: Path, *, told_through: int = 0) -> DeliveryReading:
    """Read the marks at `path`; `told_through` is how far the roster file says that they had come."""
    try:
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        faults = [f"{path.name} is missing"] if told_through else []
        return DeliveryReading(through=told_through, faults=faults, is_there=False)
    except OSError as error:  # a room never stays shut for this
        return _unread(f"{path.name} cannot be read ({error.strerror})", told_through=told_through)
    if len(content) > FILE_BYTES_MAX:
        return _unread(f"{path.name} is larger than any of ours", told_through=told_through)
    return _Lines(path.name).read(content, told_through=told_through)


def _unread(fault: str, *, told_through: int) -> DeliveryReading:
    kept = f"{fault}; it is set aside as it is before another is written"
    return DeliveryReading(through=told_through, faults=[kept], is_there=False, is_unread=True)


def load_deliveries(home: Home, room: RoomId) -> DeliveryReading:
    """The marks of a room, held against what its roster file says of them."""
    checkpoint, _ = load_checkpoint(home.participants_file(room))
    return read_deliveries(home.deliveries_file(room), told_through=checkpoint.deliveries_through)


class _Lines:
    """One reading: every line that is what was written, by its number, and what is to be said of the others."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._begin: int | None = None
        self._marks: dict[int, Mark] = {}
        self._broken: list[int] = []

    def read(self, content: bytes, *, told_through: int) -> DeliveryReading:
        reading = DeliveryReading(bytes_length=len(content))
        for number, (_, line) in enumerate(lines_of(content), start=1):
            reading.line_count = number
            reading.lacks_newline = not line.endswith(b"\n")
            if self._take(line):
                continue
            if reading.lacks_newline:
                reading.torn_bytes = len(line)
            else:
                self._broken.append(number)
        reading.marks = [self._marks[number] for number in sorted(self._marks)]
        reading.through = max(self._marks, default=(self._begin or 1) - 1)
        reading.is_partial = bool(self._broken)
        reading.faults = self._faults(reading.through, told_through=told_through)
        reading.through = max(reading.through, told_through)
        return reading

    def _take(self, line: bytes) -> bool:
        """Take one line for what it is; whether it is what was written."""
        try:
            fields = json.loads(line)
            if "check" not in fields:
                return False
            fields = unchecked(fields)
            if "begin" in fields:
                self._begin = whole(fields["begin"])
            else:
                self._marks[whole(fields["n"])] = read_mark(fields)
        except (KeyError, TypeError, ValueError, RecursionError):
            return False
        return True

    def _faults(self, through: int, *, told_through: int) -> list[str]:
        faults = []
        if self._broken:
            shown = ", ".join(map(str, self._broken[:3])) + (" and more" if len(self._broken) > 3 else "")
            faults.append(f"in {self._name} line {shown} is not what was written")
        if self._begin is None:
            faults.append(f"{self._name} lacks its beginning")
        missing = through + 1 - (self._begin or 1) - len(self._marks)
        if self._begin is not None and missing and not self._broken:
            faults.append(f"in {self._name} {missing} lines are missing")
        if through < told_through:
            faults.append(f"{self._name} ends at mark {through}, and had come to {told_through}")
        return faults
