"""The power goes at every step of a log's life: what the disk may hold then opens, with all that was acknowledged.

A disk may have written more than it was asked to make durable, or nothing of it, or a part of the last write; a rename
may or may not have happened until its directory was synced. Each of these is tried after each step.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from agentgather.room.names import MessageId
from agentgather.room.refusals import StorageFailed
from agentgather.store.journal import JsonlJournal
from agentgather.store.log_file import read_log
from tests.store.disks import FailingDisk, RecordingDisk, Step
from tests.store.logs import LAB, conversation, log_of, say

TORN_AT = 12  # at how many places the last write is tried torn
TORN = b'{"id":2,"room":"la'


@dataclass
class Inode:
    durable: bytes
    cached: bytes


@dataclass
class Acknowledged:
    """A mark in the trace: from here on these texts are promised. An empty one was scrubbed."""

    texts: list[str]


@dataclass
class Machine:
    """The disk of a machine, as far as it is durable and as far as it is cached."""

    durable: dict[Path, Inode]
    cached: dict[Path, Inode]
    promised: list[str] = field(default_factory=list)

    @staticmethod
    def holding(path: Path, content: bytes) -> Machine:
        inode = Inode(content, content)
        return Machine({path: inode}, {path: inode})

    def take(self, step: Step) -> None:
        if step.name == "write":
            self.cached[step.path].cached += step.content
        elif step.name == "truncate":
            inode = self.cached[step.path]
            inode.cached = inode.cached[: step.bytes_kept]
        elif step.name == "sync":
            self.cached[step.path].durable = self.cached[step.path].cached
        elif step.name == "rename":
            self.cached[step.path] = Inode(step.content, step.content)
        else:
            assert step.name == "sync_directory"
            self.durable = dict(self.cached)

    def after_the_power_went(self) -> Iterator[dict[Path, bytes]]:
        """Everything that may be on the disk now."""
        for names in (self.durable, self.cached):
            yield {path: inode.durable for path, inode in names.items()}
            yield {path: inode.cached for path, inode in names.items()}
            for path, inode in names.items():
                if inode.cached.startswith(inode.durable) and inode.cached != inode.durable:
                    pending = len(inode.cached) - len(inode.durable)
                    for part in range(1, pending, max(1, pending // TORN_AT)):
                        torn = inode.cached[: len(inode.durable) + part]
                        yield {other: inode.durable for other, inode in names.items()} | {path: torn}


def a_life(log: Path) -> tuple[bytes, list[Step | Acknowledged]]:
    """A log that is opened torn, appended to, refused, recovered and scrubbed; what it began with and every step."""
    start = log_of(conversation(1)) + TORN
    log.write_bytes(start)
    recording = RecordingDisk()
    disk = FailingDisk(lambda number, name: False, under=recording)
    steps = recording.steps
    texts = ["ops opened the room"]

    def acknowledged(*more: str) -> None:
        texts.extend(more)
        steps.append(Acknowledged(list(texts)))

    acknowledged()
    journal, _, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.append([say(2)])
    acknowledged("line 2")
    journal.append([say(3), say(4), say(5)])
    acknowledged("line 3", "line 4", "line 5")
    for failing in ("sync", "write"):
        disk.fails = lambda number, name, failing=failing: name == failing
        with suppress(StorageFailed):
            journal.append([say(6, "refused"), say(7, "refused too")])
        disk.fails = lambda number, name: False
    journal.append([say(6)])
    acknowledged("line 6")
    journal.scrub(MessageId(3))
    texts[2] = ""
    acknowledged()
    disk.fails, disk.replaces_first, disk.error = (lambda number, name: name == "replace"), True, errno.EIO
    with suppress(StorageFailed):
        journal.scrub(MessageId(4))
    disk.fails = lambda number, name: False
    journal.append([say(7)])
    texts[3] = ""  # the replacement had happened before it failed
    acknowledged("line 7")
    journal.close()
    return start, steps


def test_whenever_the_power_goes_everything_acknowledged_is_there_once_and_in_order(tmp_path: Path) -> None:
    log = tmp_path / "life" / "messages.jsonl"
    log.parent.mkdir()
    start, steps = a_life(log)
    machine = Machine.holding(log, start)
    tried = 0
    for step in steps:
        if isinstance(step, Acknowledged):
            machine.promised = step.texts
        else:
            machine.take(step)
        for files in machine.after_the_power_went():
            tried += 1
            restarted(tmp_path / str(tried), files, promised=machine.promised)
    assert tried > 150
    assert log.read_bytes() == machine.durable[log].durable == machine.cached[log].cached


def restarted(directory: Path, files: dict[Path, bytes], *, promised: list[str]) -> None:
    """Start from what is on the disk; hold it against what was promised; and go on."""
    directory.mkdir()
    for path, content in files.items():
        (directory / path.name).write_bytes(content)
    log = directory / "messages.jsonl"
    journal, reading, _ = JsonlJournal.open(log, room=LAB)
    found = [one.record.text for one in reading.kept]
    assert [one.record.id for one in reading.kept] == list(range(1, len(found) + 1))
    assert len(found) >= len(promised)
    for number, (text, there) in enumerate(zip(promised, found, strict=False), start=1):
        assert there in (text, "") if text == f"line {number}" else there == text
    journal.append([say(len(found) + 1, "we go on")])
    journal.close()
    assert [one.record.text for one in read_log(log, room=LAB).kept] == [*found, "we go on"]
    torn = [path for path in directory.iterdir() if ".torn-" in path.name]
    assert all(path.read_bytes() for path in torn)


def test_a_torn_end_is_never_lost_before_it_is_kept_beside_the_log(tmp_path: Path) -> None:
    log = tmp_path / "messages.jsonl"
    start, steps = a_life(log)
    machine = Machine.holding(log, start)
    for step in steps[:6]:
        if isinstance(step, Step):
            machine.take(step)
        for files in machine.after_the_power_went():
            assert any(TORN in content for content in files.values())


def test_what_a_killed_writer_had_not_synced_is_synced_before_anybody_is_told(tmp_path: Path) -> None:
    """Found by `python -m proofs.simulation 2 0`: a kill between a write and its sync, a restart, and then a power cut."""
    log = tmp_path / "messages.jsonl"
    *synced, unsynced = log_of(conversation(3)).splitlines(keepends=True)
    machine = Machine.holding(log, b"".join(synced))
    machine.take(Step("write", log, unsynced))
    log.write_bytes(machine.cached[log].cached)
    disk = RecordingDisk()
    journal, reading, _ = JsonlJournal.open(log, room=LAB, disk=disk)
    journal.close()
    for step in disk.steps:
        machine.take(step)
    assert len(reading.kept) == 3
    for number, files in enumerate(machine.after_the_power_went()):
        restarted(tmp_path / str(number), files, promised=[one.record.text for one in reading.kept])
