"""What a log file says: its lines read, verified against the chain, and told apart from a torn end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from agentgather.api.record_json import Json, compact, read_record, record_json
from agentgather.api.seal import START, Seal, is_intact, parse_line, read_seal
from agentgather.room.keeping import Kept
from agentgather.room.message import Message
from agentgather.room.names import RoomId


class LogDamaged(Exception):
    """A log is broken at a place where no crash can have broken it. `line` counts from 1, `offset` is in bytes."""

    def __init__(self, *, line: int, offset: int, reason: str) -> None:
        super().__init__(f"line {line} (byte {offset}): {reason}")
        self.line = line
        self.offset = offset
        self.reason = reason


@dataclass(slots=True)
class LogReading:
    """All that a log file says. `head` is the chain value after its last record; `torn` the bytes of a torn end.

    `whole_bytes` is the length of the file without its torn end; `lacks_newline`: the last record is whole, its newline
    is missing (0.1 leaves such files after a crash).
    """

    kept: list[Kept] = field(default_factory=list)
    head: str = START
    is_sealed: bool = False
    last_id: int = 0
    whole_bytes: int = 0
    lacks_newline: bool = False
    torn: bytes = b""

    def follow(self, line: bytes, *, room: RoomId) -> None:
        """Read one more line. Raises ValueError or TypeError when it is no record that may follow."""
        record, seal, fields = parse_record(line)
        if record.room != room:
            raise ValueError(f"the record belongs to room {record.room!r}")
        if seal is None:
            if self.is_sealed:
                raise ValueError("the record has no seal although those before it have one")
        else:
            if self.is_sealed and record.id != self.last_id + 1:
                raise ValueError(f"record {record.id} follows record {self.last_id}")
            if not is_intact(fields, seal, previous=self.head):
                raise ValueError("the record is not what was sealed, or one before it is missing")
            self.head, self.is_sealed = seal.chain, True
        self.kept.append(Kept(record, compact(record_json(record)), line if line.endswith(b"\n") else line + b"\n"))
        self.last_id = max(self.last_id, record.id)


def parse_record(line: bytes) -> tuple[Message, Seal | None, Json]:
    """The record, the seal and the object of one line. Raises ValueError or TypeError."""
    try:
        fields = parse_line(line.decode())
        return read_record(fields), read_seal(fields), fields
    except (KeyError, RecursionError) as broken:
        raise ValueError(f"it is no record ({type(broken).__name__})") from None


def read_log(path: Path, *, room: RoomId) -> LogReading:
    """Read and verify a log. Raises LogDamaged, or OSError; changes nothing.

    A last line without a newline was never acknowledged: it is kept when it is a whole record that may follow, and
    is the torn end otherwise.
    """
    reading = LogReading()
    content = path.read_bytes()
    for number, (offset, line) in enumerate(lines_of(content), start=1):
        is_last = not line.endswith(b"\n")
        if line.strip():
            try:
                reading.follow(line, room=room)
            except (ValueError, TypeError) as broken:
                if is_last:
                    reading.torn = line
                    break
                raise LogDamaged(line=number, offset=offset, reason=str(broken)) from None
            reading.lacks_newline = is_last
        elif is_last:
            reading.torn = line
            break
        reading.whole_bytes = offset + len(line)
    return reading


def lines_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line of `content` with its newline, and the byte it starts at."""
    offset = 0
    while offset < len(content):
        end = content.find(b"\n", offset) + 1 or len(content)
        yield offset, content[offset:end]
        offset = end
