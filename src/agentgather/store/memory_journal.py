"""The journal's twin in memory: the same promises but durability, for tests and for virtual time."""

from __future__ import annotations

from collections.abc import Sequence

from agentgather.api.seal import START
from agentgather.room.keeping import Kept
from agentgather.room.message import Message
from agentgather.room.names import MessageId
from agentgather.store.journal import sealed
from agentgather.store.scrubbing import scrubbed_log


class MemoryJournal:
    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._head = START

    def append(self, records: Sequence[Message]) -> list[Kept]:
        kept, self._head = sealed(records, head=self._head)
        self.lines.extend(one.line for one in kept)
        return kept

    def recover(self) -> None:
        pass

    def scrub(self, message_id: MessageId) -> Kept:
        content, kept = scrubbed_log(b"".join(self.lines), message_id)
        self.lines = content.splitlines(keepends=True)
        return kept

    def close(self) -> None:
        pass
