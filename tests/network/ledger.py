"""The books of a broken network: what was acknowledged against what the room's log holds, and what each waiter was told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agentgather.api.errors import STATUS_OF as ROOM_STATUS_OF
from agentgather_broker.refusals import STATUS_OF as BROKER_STATUS_OF
from tests.network.visitors import Poster, Visitor, Waiter

STABLE_CODES = frozenset(ROOM_STATUS_OF) | frozenset(BROKER_STATUS_OF)


@dataclass
class Ledger:
    """Everybody who posts and waits. `audit` is empty when all is well; what it says otherwise is for people."""

    posters: Sequence[Poster] = ()
    waiters: Sequence[Waiter] = ()
    others: Sequence[Visitor] = field(default=())

    @property
    def acknowledged(self) -> set[str]:
        """Every client_msg_id that its author was told is recorded."""
        return {text for poster in self.posters for text in poster.acknowledged}

    @property
    def acknowledged_count(self) -> int:
        return sum(len(poster.acknowledged) for poster in self.posters)

    def audit(self, log: Sequence[dict[str, Any]], *, may_lose_connections: bool = False) -> list[str]:
        """Hold the books against `log`, the room's whole log. `may_lose_connections`: the broker itself went away."""
        found = [*self._of_posts(log), *self._of_waits(log)]
        for visitor in (*self.posters, *self.waiters, *self.others):
            troubles = visitor.troubles
            found += [f"{visitor.alias} was told what is no error of ours: {one}" for one in troubles.unstable]
            found += [
                f"{visitor.alias} was told an unknown code: {code}"
                for code in troubles.codes
                if code.split()[1] not in STABLE_CODES
            ]
            if troubles.losses and not may_lose_connections:
                found.append(f"{visitor.alias} lost connections: {dict(troubles.losses)}")
        return found

    def _of_posts(self, log: Sequence[dict[str, Any]]) -> Iterable[str]:
        ids = [record["id"] for record in log]
        if ids != list(range(1, len(log) + 1)):
            yield "the log's ids are not 1, 2, 3…"
        times = Counter(posted(log))
        yield from (f"{text} is in the log {count} times" for text, count in times.items() if count > 1)
        texts = {record["id"]: record["text"] for record in log}
        for poster in self.posters:
            yield from (f"{poster.alias} was told that no repeating helps: {one}" for one in poster.wrong)
            for text, number in poster.acknowledged.items():
                if texts.get(number) != text:
                    yield f"{text} was acknowledged as record {number}, which says {texts.get(number)!r}"

    def _of_waits(self, log: Sequence[dict[str, Any]]) -> Iterable[str]:
        for waiter in self.waiters:
            if not waiter.heard:
                yield f"{waiter.alias} heard nothing"
                continue
            first, last = waiter.heard[0], waiter.heard[-1]
            if waiter.heard != list(range(first, last + 1)):
                yield f"{waiter.alias} did not hear each record once and in order: {waiter.heard}"
            if last != len(log):
                yield f"{waiter.alias} heard up to {last} of {len(log)}"

    def troubles(self) -> dict[str, dict[str, int]]:
        """What was met on the way, for whoever reads the figures."""
        codes: Counter[str] = Counter()
        losses: Counter[str] = Counter()
        for visitor in (*self.posters, *self.waiters, *self.others):
            codes += visitor.troubles.codes
            losses += visitor.troubles.losses
        return {"codes": dict(codes), "losses": dict(losses)}


def posted(log: Sequence[dict[str, Any]]) -> list[str]:
    """The client_msg_id of every post."""
    return [record["client_msg_id"] for record in log if "client_msg_id" in record]


def log_of(home: Path, room: str = "lab") -> list[dict[str, Any]]:
    """The log of a room as it is on disk; a line that is being written is not there yet."""
    *lines, _ = (home / "rooms" / room / "messages.jsonl").read_bytes().split(b"\n")
    return [json.loads(line) for line in lines]
