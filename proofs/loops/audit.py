"""The log of a room held against the guard's number: who spoke how often since a person did, and what stands beyond it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NOT_THEIRS = ("ops", "mira", "system")  # whom agents would be taken for
_WORDS = {"profile.changed": "alias", "brief.changed": "by"}  # what others hear without a post, and whose it is


@dataclass
class Audit:
    """What a log says. `troubles` is empty when the guard held; `rounds` are the stretches without a person's word."""

    posts_max: int
    agents: Collection[str]
    troubles: list[str] = field(default_factory=list)
    rounds: int = 1
    spoken: int = 0
    beyond: int = 0
    beyond_bytes: int = 0
    pauses: int = 0
    round_records: list[int] = field(default_factory=list)
    _said: Counter[str] = field(default_factory=Counter)
    _came: Counter[str] = field(default_factory=Counter)
    _records: int = 0

    def read(self, path: Path) -> Audit:
        for number, line in enumerate(path.read_bytes().splitlines(), start=1):
            record = json.loads(line)
            if record["id"] != number:
                self.troubles.append(f"record {number} has the id {record['id']}")
            self._take(record, len(line))
        self._end_round()
        return self

    @property
    def paused(self) -> set[str]:
        """Who had said all it may at the end of the log."""
        return {alias for alias, count in self._said.items() if count >= self.posts_max}

    def _take(self, record: dict[str, Any], size: int) -> None:
        event = record.get("event", {})
        kind = event.get("kind")
        self._records += 1
        if event.get("display_name", "").casefold() in NOT_THEIRS:
            self.troubles.append(f"somebody is shown as who they are not: {record}")
        if kind == "loop.continued" or (kind is None and record["from"] not in (*self.agents, "system")):
            self._end_round()
            self.rounds += 1
            self._records = 0
            self._said.clear()
            self._came.clear()
        elif kind == "loop.tripped":
            self.pauses += 1
            self.troubles += self._of_note(record, event["alias"])
        elif kind == "participant.joined" and event["alias"] in self.agents:
            self._came[event["alias"]] += 1
            if self._came[event["alias"]] > self.posts_max:
                self._note_beyond(record, size)
        elif speaker := self._speaker(record, event):
            self.spoken += 1
            self._said[speaker] += 1
            if self._said[speaker] > self.posts_max:
                self._note_beyond(record, size)

    def _speaker(self, record: dict[str, Any], event: dict[str, Any]) -> str | None:
        whose = event.get(_WORDS.get(event.get("kind", ""), "")) if event else record["from"]
        return whose if whose in self.agents else None

    def _note_beyond(self, record: dict[str, Any], size: int) -> None:
        self.beyond += 1
        self.beyond_bytes += size
        self.troubles.append(f"beyond the guard: {record}")

    def _of_note(self, record: dict[str, Any], alias: str) -> Iterator[str]:
        """What is wrong with the note that somebody is paused: it comes with the last word, and tells a person everything."""
        if self._said[alias] != self.posts_max:
            yield f"{alias} was paused after {self._said[alias]} of {self.posts_max}: {record}"
        for words in (alias, f"{self.posts_max} times", "paused", "reads on", "a human posts", "the host continues"):
            if words not in record["text"]:
                yield f"the note does not say {words!r}: {record['text']!r}"

    def _end_round(self) -> None:
        """No stretch is longer than what its agents may say, come, go, take back and have a host do, and a note for each."""
        bound = len(self.agents) * (5 * self.posts_max + 2) + 40  # 40: invitations, and what the host does unasked
        if self._records > bound:
            self.troubles.append(f"{self._records} records without a person's word, {bound} is the most there may be")
        self.round_records.append(self._records)
