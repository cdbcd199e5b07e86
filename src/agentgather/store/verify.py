"""Whether a log, or an export of one, is what was written: by its chain alone, offline (docs/protocol.md, Chain)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from agentgather.room.names import MessageId, RoomId
from agentgather.store.documents import load_checkpoint
from agentgather.store.log_file import LogReading, lines_of, parse_record, torn_end
from agentgather.store.opening import missing_end


@dataclass(frozen=True, slots=True)
class Fault:
    """A place where a log is not what was written. `line` counts from 1, `offset` is in bytes."""

    line: int
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """`sealed_from` is the first record under the chain, None when there is none (a room of 0.1: nothing to verify).

    `head` is the chain value of the last record: compare it with the host's to know that nothing is missing at the
    end. `torn_bytes` is what a crash left of a record that was never acknowledged: no fault.
    """

    room: RoomId | None
    records: int
    last_id: int
    sealed_from: MessageId | None
    head: str | None
    torn_bytes: int
    faults: tuple[Fault, ...]

    @property
    def is_intact(self) -> bool:
        return not self.faults


def verify(path: Path) -> VerifyReport:
    """Verify the log at `path`: a room's directory, or a file of the lines that GET /log answers. Raises OSError."""
    is_room = path.is_dir()
    # before the log: whoever serves the room may add to both meanwhile, and to the log first
    checkpoint = load_checkpoint(path / "room.json", path / "participants.json")[0] if is_room else None
    content = (path / "messages.jsonl" if is_room else path).read_bytes()
    reading, room, faults = LogReading(), _room_of(content), []
    for number, (offset, line) in enumerate(lines_of(content), start=1):
        if line.strip() and room is not None:
            try:
                reading.follow(line, room=room)
            except (ValueError, TypeError, RecursionError) as broken:
                torn = torn_end(content, offset, line)
                if torn and (is_room or torn == line):
                    reading.torn = torn
                    break
                reading.skip(line)
                faults.append(Fault(number, offset, str(broken)))
        elif line.strip():
            faults.append(Fault(number, offset, "it is no record"))
        reading.line_count = number
    if checkpoint is not None and (gap := missing_end(reading, checkpoint)):
        faults.append(Fault(gap.line, len(content), gap.reason))
    return VerifyReport(
        room=room,
        records=len(reading.kept),
        last_id=reading.last_id,
        sealed_from=next((one.record.id for one in reading.kept if b'"chain":' in one.line[-80:]), None),
        head=reading.head if reading.is_sealed else None,
        torn_bytes=len(reading.torn),
        faults=tuple(faults),
    )


def _room_of(content: bytes) -> RoomId | None:
    """The room of the first record that can be read."""
    for _, line in lines_of(content):
        try:
            return parse_record(line)[0].room
        except (ValueError, TypeError):
            continue
    return None
