"""The log of the room as it is on disk, read on after each kill, and verified by the product itself."""

from __future__ import annotations

import json
import os
from itertools import zip_longest
from pathlib import Path
from typing import Any

from agentgather.store.verify import verify
from proofs.proof import Disproved


class Log:
    """The whole records of `messages.jsonl`. `torn_bytes` follow them, which a kill left of a write."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.records: list[dict[str, Any]] = []
        self.torn_bytes = 0
        self._path = folder / "messages.jsonl"
        self._read_bytes = 0
        self._inode = 0
        self._before: list[str] = []  # the chain values of what was read before the file was read anew

    def read(self) -> None:
        """Read what is new. Raises Disproved when a record that was there is gone or another."""
        with self._path.open("rb") as file:
            now = os.fstat(file.fileno())
            if now.st_ino != self._inode:  # replaced, as when a text is taken out of it
                self._begin_anew(now.st_ino)
            if now.st_size < self._read_bytes:
                raise Disproved(f"of {self._read_bytes} bytes that were whole records, {now.st_size} are left")
            file.seek(self._read_bytes)
            *lines, rest = file.read().split(b"\n")
        self.records += [json.loads(line) for line in lines]
        self._read_bytes += sum(len(line) + 1 for line in lines)
        self.torn_bytes = len(rest)
        for place, (chain, record) in enumerate(zip_longest(self._before, self.records[: len(self._before)])):
            if record is None or record["chain"] != chain:
                raise Disproved(f"record {place + 1} of {len(self._before)} is not there any more, or another")
        self._before = []

    def verify(self) -> None:
        """Have the product verify the chain, and that no checkpoint knows of more. Raises Disproved."""
        self._begin_anew(0)
        self.read()
        report = verify(self.folder)
        if not report.is_intact:
            raise Disproved(f"the chain is broken: {report.faults[:3]}")
        if report.records < len(self.records):
            raise Disproved(f"{report.records} records are left of {len(self.records)}")

    def _begin_anew(self, inode: int) -> None:
        self._before = [record["chain"] for record in self.records]
        self.records, self._read_bytes, self._inode = [], 0, inode
