"""What can be saved of a damaged log: every line judged by itself, every record given its place again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from agentgather.api.record_json import compact, read_record, record_json
from agentgather.api.seal import START, Seal, is_intact, parse_line, read_seal
from agentgather.room.message import Message, moment
from agentgather.room.names import RoomId
from agentgather.store.log_file import lines_of
from agentgather.store.verify import Fault

# How far beyond the last record that something vouches for another one may stand at the end of the log, as when lines
# between them are gone. A number still further away is rather itself what was damaged.
GAP_MAX = 100

_DOUBT = "nothing vouches for it: this record, or the one before it, is not what was sealed"
_GLUE = b'{"id":'  # how a record begins that 0.1 wrote onto a torn line


@dataclass(frozen=True, slots=True)
class Readable:
    """A line that holds a record. `seal` None: a record of 0.1, or one whose seal is broken (`was_sealed`)."""

    place: Fault  # where it stands; its reason is why it may not be what was written
    line: bytes
    record: Message
    seal: Seal | None
    was_sealed: bool

    def is_intact(self, *, previous: str) -> bool:
        """Whether it is what was sealed after the chain value `previous`."""
        try:
            return self.seal is not None and is_intact(parse_line(self.line), self.seal, previous=previous)
        except (ValueError, RecursionError):
            return False


@dataclass(slots=True)
class Salvage:
    """The records of a damaged log in their places, and what has none.

    `unsealed` are records of 0.1 in the order of the file, `sealed` all others by id. `trusted` are the ids of those
    that some chain value of the log vouches for. `set_aside` are lines that cannot stay, with their bytes.
    """

    unsealed: list[Readable] = field(default_factory=list)
    sealed: dict[int, Readable] = field(default_factory=dict)
    trusted: set[int] = field(default_factory=set)
    set_aside: list[tuple[Fault, bytes]] = field(default_factory=list)

    @property
    def unsealed_last_id(self) -> int:
        return max((one.record.id for one in self.unsealed), default=0)

    def set_record_aside(self, one: Readable, reason: str) -> None:
        self.set_aside.append((Fault(one.place.line, one.place.offset, reason), one.line))


def salvage(content: bytes, *, room: RoomId) -> Salvage:
    """Everything in `content` that is a record of `room`, in its place."""
    saved = Salvage()
    later: list[Readable] = []
    for one in _readable(content, room, saved):
        (later if later or one.was_sealed else saved.unsealed).append(one)
    doubtful, before = [], START
    for one in later:
        number = one.record.id
        is_vouched_for = one.is_intact(previous=before) or one.is_intact(previous=START)
        before = one.seal.chain if one.seal is not None else before
        if not is_vouched_for:
            doubtful.append(one)
        elif number in saved.sealed or number <= saved.unsealed_last_id:
            saved.set_record_aside(one, f"record {number} stands here a second time")
        else:
            saved.sealed[number] = one
            saved.trusted.add(number)
    _place(saved, doubtful)
    return saved


def _place(saved: Salvage, doubtful: list[Readable]) -> None:
    """Keep the records that nothing vouches for where their numbers fit between those that something does."""
    floor = saved.unsealed_last_id
    for one in sorted(doubtful, key=lambda one: one.record.id):
        number, last = one.record.id, max(saved.sealed, default=floor)
        if number in saved.sealed or number <= floor:
            saved.set_record_aside(one, f"its number {number} is another record's")
        elif number > last + GAP_MAX:
            saved.set_record_aside(one, f"its number {number} cannot be right: the last before it is {last}")
        else:
            saved.sealed[number] = one


def _readable(content: bytes, room: RoomId, saved: Salvage) -> Iterator[Readable]:
    for number, (offset, line) in enumerate(lines_of(content), start=1):
        if not line.strip():
            continue
        try:
            yield _read(line, Fault(number, offset, _DOUBT), room=room)
        except (ValueError, TypeError) as broken:
            glued = line.find(_GLUE, 1)
            while glued > 0:
                try:
                    yield _read(line[glued:], Fault(number, offset + glued, "it was glued to a torn line"), room=room)
                    break
                except (ValueError, TypeError):
                    glued = line.find(_GLUE, glued + 1)
            torn = line[:glued] + b"\n" if glued > 0 else line
            saved.set_aside.append((Fault(number, offset, str(broken)), torn))


def _read(line: bytes, place: Fault, *, room: RoomId) -> Readable:
    """Raises ValueError or TypeError for a line that holds no record of `room`, or one that cannot be sealed again."""
    try:
        fields = parse_line(line.decode())
        record = read_record(fields)
        moment(record.ts)
        was_sealed = not fields.keys().isdisjoint({"salt", "digest", "chain"})
        if was_sealed:
            compact(record_json(record))
    except (KeyError, RecursionError) as broken:
        raise ValueError(f"it is no record ({type(broken).__name__})") from None
    if record.room != room:
        raise ValueError(f"the record belongs to the room {record.room!r}")
    try:
        seal = read_seal(fields)
    except ValueError:
        seal = None
    if seal is not None and seal.salt is None and (record.text or record.context is not None):
        seal = None
    return Readable(place, line if line.endswith(b"\n") else line + b"\n", record, seal, was_sealed)
