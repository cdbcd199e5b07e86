"""A simulated disk: what was written is there for whoever reads it, and only what was synced is there after a power cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from agentgather.store.disk import RealDisk
from proofs.simulation.machine import Process

LOG_NAME = "messages.jsonl"
Durable = Callable[[Path, bytearray, bool], None]


@dataclass
class _File:
    """`durable` is what a power cut leaves; `pending` what came since: bytes that were added, or a length it was cut to."""

    durable: bytearray
    pending: list[bytes | int] = field(default_factory=list)

    def settle(self) -> None:
        for change in self.pending:
            _change(self.durable, change)
        self.pending.clear()


class Storage:
    """The disk of a machine. Its files are real, its syncs are not: that is what makes a simulated year affordable.

    `on_durable(path, content, is_anew)` is told, for a log, what it durably says by now, as soon as it does; `is_anew` when it
    may be something else than what it said before and more.
    """

    def __init__(self, on_durable: Durable) -> None:
        self._on_durable = on_durable
        self._files: dict[Path, _File] = {}

    def file(self, path: Path) -> _File:
        if path not in self._files:
            self._files[path] = _File(bytearray(path.read_bytes() if path.exists() else b""))
        return self._files[path]

    def moved(self, path: Path, to: Path) -> None:
        if path in self._files:
            self._files[to] = self._files.pop(path)

    def settle(self, path: Path) -> None:
        file = self.file(path)
        is_anew = any(isinstance(change, int) for change in file.pending)
        file.settle()
        self.tell(path, is_anew=is_anew)

    def tell(self, path: Path, *, is_anew: bool = True) -> None:
        if path.name == LOG_NAME:
            self._on_durable(path, self.file(path).durable, is_anew)

    def lose_power(self, random: Random) -> None:
        """Of the changes that were not synced, some beginning was done; of the next one, perhaps a part."""
        for path, file in self._files.items():
            if file.pending:
                done = random.randint(0, len(file.pending))
                torn = file.pending[done : done + 1]
                del file.pending[done:]
                file.pending += [one[: random.randint(0, len(one))] for one in torn if isinstance(one, bytes)]
                file.settle()
                path.write_bytes(file.durable)
                self.tell(path)


class ProcessDisk:
    """The disk as one process has it (agentgather.store.disk.Disk). Every call is a step at which that process may die."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._storage = process.machine.storage
        self._real = RealDisk()
        self._paths: dict[int, Path] = {}

    def read(self, path: Path) -> bytes:
        self._process.step()
        return path.read_bytes()

    def open(self, path: Path) -> int:
        self._process.step()
        self._storage.file(path)
        descriptor = self._real.open(path)
        self._paths[descriptor] = path
        return descriptor

    def write(self, descriptor: int, content: bytes) -> int:
        """A process that dies in the middle has written a part."""
        file = self._storage.file(self._paths[descriptor])
        half = content[: len(content) // 2]
        for part in (half, content[len(half) :]):
            self._process.step()
            self._real.write(descriptor, part)
            file.pending.append(part)
        return len(content)

    def sync(self, descriptor: int) -> None:
        self._process.step()
        self._storage.settle(self._paths[descriptor])
        self._process.step()

    def truncate(self, descriptor: int, bytes_kept: int) -> None:
        self._process.step()
        self._real.truncate(descriptor, bytes_kept)
        self._storage.file(self._paths[descriptor]).pending.append(bytes_kept)

    def close(self, descriptor: int) -> None:
        del self._paths[descriptor]
        self._real.close(descriptor)

    def replace(self, path: Path, content: bytes) -> None:
        """Whole and durable, or not at all (the proof of power loss takes the real one apart)."""
        self._process.step()
        path.write_bytes(content)
        path.chmod(0o600)
        file = self._storage.file(path)
        file.pending.clear()
        file.durable = bytearray(content)
        self._storage.tell(path)
        self._process.step()

    def move(self, path: Path, to: Path) -> None:
        self._process.step()
        self._real.move(path, to)
        self._storage.moved(path, to)
        self._process.step()

    def sync_directory(self, path: Path) -> None:
        self._process.step()


def _change(content: bytearray, change: bytes | int) -> None:
    if isinstance(change, int):
        del content[change:]
    else:
        content += change
