"""What a log file says: its lines read, verified against the chain, and told apart from a torn end."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from agentgather.api.proof import with_proof
from agentgather.api.record_json import Json, compact, read_record, record_json
from agentgather.api.seal import START, Seal, is_intact, parse_line, read_seal
from agentgather.room.keeping import Kept
from agentgather.room.message import Message, moment
from agentgather.room.names import RoomId
from agentgather.store.acknowledged import Acknowledged

# What a disk writes whole. Of an append that a power cut interrupted any sector may be missing: where the file already had
# its new length, such a hole reads as zeros. A record never holds a NUL: JSON escapes it.
SECTOR_BYTES = 512
_ZEROS = re.compile(rb"\0+")


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

    `whole` stands for the file without its torn end. Its last record may lack its newline, as 0.1 leaves it after a
    crash; the next append completes it.
    """

    kept: list[Kept] = field(default_factory=list)
    head: str = START
    is_sealed: bool = False
    last_id: int = 0
    line_count: int = 0
    whole: Acknowledged = field(default_factory=Acknowledged)
    torn: bytes = b""

    @property
    def is_holed(self) -> bool:
        """Whether the torn end is more than the beginning of one record: parts of it were written, and parts before not."""
        return b"\n" in self.torn

    def follow(self, line: bytes, *, room: RoomId) -> None:
        """Read one more line. Raises ValueError or TypeError when it is no record that may follow."""
        record, seal, fields = parse_record(line)
        if record.room != room:
            raise ValueError(f"the record belongs to the room {record.room!r}")
        if seal is None:
            record, public = self._unsealed(record)
        else:
            self._sealed(record, seal, fields)
            public = _public_part(line, seal) or compact(record_json(record))
            public = with_proof(public, record, fields, seal)
        self.kept.append(Kept(record, public, line if line.endswith(b"\n") else line + b"\n"))
        self.last_id = max(self.last_id, record.id)

    def skip(self, line: bytes) -> None:
        """Go on after a line that may not follow, believing what can be read of it."""
        try:
            record, seal, _ = parse_record(line)
        except (ValueError, TypeError):
            return
        self.last_id = max(self.last_id, record.id)
        if seal is not None:
            self.head, self.is_sealed = seal.chain, True

    def _unsealed(self, record: Message) -> tuple[Message, bytes]:
        if self.is_sealed:
            raise ValueError("the record has no seal although those before it have one")
        if record.event is not None:
            raise ValueError("the record changes the room and has no seal")
        try:
            return record, compact(record_json(record))
        except UnicodeEncodeError:  # 0.1 took halves of characters; everybody is shown a replacement
            record = replace(record, text=storable(record.text))
            return record, compact(record_json(record))

    def _sealed(self, record: Message, seal: Seal, fields: Json) -> None:
        if record.id <= self.last_id or (self.is_sealed and record.id != self.last_id + 1):
            raise ValueError(f"record {record.id} follows record {self.last_id}")
        if not is_intact(fields, seal, previous=self.head):
            raise ValueError("the record is not what was sealed, or one before it is missing")
        self.head, self.is_sealed = seal.chain, True


def parse_record(line: bytes) -> tuple[Message, Seal | None, Json]:
    """The record, the seal and the object of one line. Raises ValueError or TypeError."""
    try:
        fields = parse_line(line.decode())
        record = read_record(fields)
        moment(record.ts)  # whoever folds or shows it takes it for one
        return record, read_seal(fields), fields
    except (KeyError, RecursionError) as broken:
        raise ValueError(f"it is no record ({type(broken).__name__})") from None


def read_log(path: Path, *, room: RoomId) -> LogReading:
    """Read and verify a log. Raises LogDamaged, or OSError; changes nothing.

    The beginning of a record without its end, as the last line, was never acknowledged: it is the torn end. A whole
    record there that merely lacks its newline is kept. So is an end of which sectors were never written (`torn_end`):
    whoever opens the room holds that against its checkpoints.
    """
    reading = LogReading()
    content = path.read_bytes()
    for number, (offset, line) in enumerate(lines_of(content), start=1):
        is_last = not line.endswith(b"\n")
        if line.strip():
            try:
                reading.follow(line, room=room)
            except (ValueError, TypeError, RecursionError) as broken:
                reading.torn = torn_end(content, offset, line)
                if not reading.torn:
                    raise LogDamaged(line=number, offset=offset, reason=str(broken)) from None
                break
        elif is_last:
            reading.torn = line
            break
        reading.line_count = number
    reading.whole = Acknowledged.of(content[: len(content) - len(reading.torn)])
    return reading


def lines_of(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Each line of `content` with its newline, and the byte it starts at."""
    offset = 0
    while offset < len(content):
        end = content.find(b"\n", offset) + 1 or len(content)
        yield offset, content[offset:end]
        offset = end


def torn_end(content: bytes, offset: int, line: bytes) -> bytes:
    """What an interrupted append left from `offset` on, where a `line` begins that may not follow; empty: it is damage.

    Either the beginning of a record and nothing after it, or all from the first line on that has a hole. No log that
    was written to after that hole is taken for one with an interrupted end: its checkpoints know of the later records,
    and those of 0.1 have no seal.
    """
    if not line.endswith(b"\n") and not holds_object(line):
        return line
    end = content[offset:]
    return end if _holds_hole(content, offset, line) and not _holds_unsealed(end) else b""


def _holds_hole(content: bytes, offset: int, line: bytes) -> bool:
    """Whether sectors of the line at `offset` were never written: from its beginning, or that of a sector, to the end of one."""
    for zeros in _ZEROS.finditer(line):
        begin, end = offset + zeros.start(), offset + zeros.end()
        if (begin == offset or begin % SECTOR_BYTES == 0) and (end % SECTOR_BYTES == 0 or end == len(content)):
            return True
    return False


def _holds_unsealed(content: bytes) -> bool:
    """Whether a record of 0.1 stands in `content`."""
    for _, line in lines_of(content):
        try:
            if parse_record(line)[1] is None:
                return True
        except (ValueError, TypeError):
            continue
    return False


def holds_object(line: bytes) -> bool:
    """Whether a whole JSON object stands at the start of `line`: then no crash has torn it."""
    try:
        json.JSONDecoder().raw_decode(line.decode(errors="replace").lstrip())
    except (ValueError, RecursionError):
        return False
    return True


def storable(text: str) -> str:
    """`text` with each half of a surrogate pair replaced: UTF-8 has no bytes for it."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _public_part(line: bytes, seal: Seal) -> bytes | None:
    """The record's public JSON, cut from its sealed line; None when the line is not written as we write it."""
    mark = ("salt", seal.salt) if seal.salt is not None else ("digest", seal.digest)
    end = compact({mark[0]: mark[1], "chain": seal.chain})
    tail = b"," + end[1:]
    whole = line.rstrip(b"\n")
    return whole[: -len(tail)] + b"}" if whole.endswith(tail) else None
