"""What everybody was told by the room, held against what its log says after each kill."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import trio

from proofs.figures import Figures
from proofs.kills.log import Log
from proofs.proof import Disproved


@dataclass(frozen=True)
class Said:
    """One post, under the id that makes it safe to repeat."""

    alias: str
    id: str
    text: str


@dataclass
class Marks:
    """How far one participant says to have read: at most what they asked for, at least what was confirmed."""

    asked: int = 0
    confirmed: int = 0


@dataclass
class Heard:
    """What one reader was told, in the order in which it was: of each record what no retraction takes away."""

    alias: str
    records: list[tuple[int, str, str]] = field(default_factory=list)  # number, time, author
    checked: int = 0

    def hear(self, record: Mapping[str, Any]) -> None:
        self.records.append(_mark_of(record))
        if len(self.records) != record["id"]:
            raise Disproved(f"{self.alias} heard record {record['id']} as its {len(self.records)}th")

    @property
    def last_id(self) -> int:
        return len(self.records)


class Books:
    """Kept while the room is used; `audit` raises Disproved when the log does not say what somebody was told."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.said: dict[str, Said] = {}
        self.recorded: dict[str, int] = {}  # id of a post -> number of the record, as its author was told
        self.recorded_by: Counter[str] = Counter()  # how many posts of each participant were acknowledged
        self.scrubs_asked: set[int] = set()
        self.scrubbed: set[int] = set()
        self.marks: dict[str, Marks] = {}
        self.invited: list[str] = []
        self.tokens: dict[str, str] = {}  # of the guests who were invited, those that were handed out
        self.readers: list[Heard] = []
        self._said_by: Counter[str] = Counter()
        self._unanswered: set[str] = set()
        self._news = trio.Event()

    def say(self, alias: str, text: str) -> Said:
        self._said_by[alias] += 1
        said = Said(alias, f"{alias}-{self._said_by[alias]}", text)
        self.said[said.id] = said
        return said

    def acknowledge(self, said: Said, answer: Mapping[str, Any]) -> None:
        """Its author was told: recorded, as this."""
        message = answer["message"]
        is_its_own = (message["from"], message["client_msg_id"]) == (said.alias, said.id)
        if not is_its_own or message["text"] not in (said.text, ""):
            raise Disproved(f"{said.id} was answered with another's record: {message}")
        if self.recorded.setdefault(said.id, message["id"]) != message["id"]:
            raise Disproved(f"{said.id} was acknowledged as record {self.recorded[said.id]} and as {message['id']}")
        self.recorded_by[said.alias] += 1
        self.figures.count("posts acknowledged")
        self.figures.count("of these, recorded by an earlier try", bool(answer.get("idempotent")))
        self.stir()

    def confirm(self, alias: str, read_id: int) -> None:
        marks = self.marks[alias]
        marks.confirmed = max(marks.confirmed, read_id)
        self.figures.count("marks of reading confirmed")

    def stir(self) -> None:
        self._news.set()
        self._news = trio.Event()

    async def more(self, alias: str, count: int) -> None:
        """Return once `count` posts more of `alias` were acknowledged."""
        aim = self.recorded_by[alias] + count
        while self.recorded_by[alias] < aim:
            await self._news.wait()

    async def heard_by_all(self, number: int) -> None:
        """Return once every reader was told record `number`."""
        while any(reader.last_id < number for reader in self.readers):
            await self._news.wait()

    def audit(self, log: Log) -> None:
        """Hold everything that was told so far against the log as it is on disk now."""
        posts: dict[str, int] = {}
        for number, record in enumerate(log.records, start=1):
            if record["id"] != number:
                raise Disproved(f"the log's line {number} is record {record['id']}")
            if "client_msg_id" in record and posts.setdefault(record["client_msg_id"], number) != number:
                raise Disproved(
                    f"{record['client_msg_id']} is recorded as {posts[record['client_msg_id']]} and {number}"
                )
        for post, number in self.recorded.items():
            if posts.get(post) != number:
                raise Disproved(f"{post} was acknowledged as record {number} and is recorded as {posts.get(post)}")
        for post, number in posts.items():
            self._check_text(self.said[post], log.records[number - 1])
        for reader in self.readers:
            for number, *mark in reader.records[reader.checked :]:
                if number > len(log.records) or list(_mark_of(log.records[number - 1])[1:]) != mark:
                    raise Disproved(f"{reader.alias} heard a record {number} that the log does not hold")
            reader.checked = reader.last_id
        unanswered = posts.keys() - self.recorded.keys() - self._unanswered
        self._unanswered |= unanswered
        self.figures.count("posts on disk at a kill and not answered yet", len(unanswered))

    def check_cursors(self, before: Mapping[str, int], status: Mapping[str, Any]) -> None:
        """Hold the cursors of /status against `before`, what was confirmed when it was asked for, and what was asked."""
        for seat in status["participants"]:
            alias, read_id = seat["alias"], seat["read_id"]
            if not before.get(alias, 0) <= read_id <= self.marks.get(alias, Marks()).asked:
                raise Disproved(f"{alias} has read {self.marks.get(alias)}, and the room says through {read_id}")
            if not read_id <= seat["delivered_id"] <= status["last_id"]:
                raise Disproved(f"of {status['last_id']} records the room delivered to {alias} {seat}")
            self.figures.count("cursors looked at after a start")

    def confirmed(self) -> dict[str, int]:
        return {alias: marks.confirmed for alias, marks in self.marks.items()}

    def _check_text(self, said: Said, record: Mapping[str, Any]) -> None:
        text = "" if record["id"] in self.scrubbed else said.text
        if record["from"] != said.alias or record["text"] != text:
            is_on_its_way = record["id"] in self.scrubs_asked and record["text"] == ""
            if not is_on_its_way:
                raise Disproved(f"record {record['id']} of {said.id} is not what was said: {str(record)[:200]}")


def _mark_of(record: Mapping[str, Any]) -> tuple[int, str, str]:
    return record["id"], record["ts"], record["from"]
