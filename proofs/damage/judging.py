"""Whether a damage was noticed and named, or changed nothing; and what a repair makes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agentgather.store.home import DocumentDamaged, Home
from agentgather.store.log_file import LogDamaged
from agentgather.store.opening import OpenedRoom, open_room
from agentgather.store.repair import RepairReport, repair
from agentgather.tunnel.keys import HostKey, KeyUnusable
from agentgather_broker.leases import StateDamaged, read_leases
from proofs.damage.damages import Damage
from proofs.damage.room import BEN, HOME, ROOM
from proofs.figures import Figures
from proofs.power_loss.restart import LEASES
from proofs.proof import Disproved

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
LOG = f"{HOME}/rooms/{ROOM}/messages.jsonl"
CHECKPOINTS = {f"{HOME}/rooms/{ROOM}/{name}" for name in ("room.json", "participants.json", "brief.md")}
DELIVERIES = f"{HOME}/rooms/{ROOM}/deliveries.jsonl"

# How each document outside of the room is read.
READERS: Mapping[str, Callable[[Path], Any]] = {
    f"{HOME}/current-room.json": lambda root: Home(root / HOME).current(),
    f"{HOME}/seats/lab@ben.json": lambda root: list(Home(root / HOME).seats()),
    f"{HOME}/seats/lab@ops.json": lambda root: list(Home(root / HOME).seats()),
    f"{HOME}/rooms/lab/cursors/ben.json": lambda root: Home(root / HOME).cursor(ROOM, BEN),
    f"{HOME}/host.key": lambda root: HostKey.load(root / HOME / "host.key").public,
    LEASES: lambda root: read_leases(root / LEASES),
}


def opened(root: Path) -> OpenedRoom:
    room = open_room(Home(root / HOME), ROOM, now=NOW)
    room.close()
    return room


@dataclass(frozen=True)
class Judge:
    """Knows what a home says that is whole. `root` holds one that is damaged, whose file was `content`."""

    root: Path
    whole: OpenedRoom
    read: Mapping[str, Any]
    figures: Figures

    def judge(self, damage: Damage, content: bytes) -> None:
        """Raises Disproved when something is lost or changed without a word."""
        if damage.path == LOG:
            self._judge_log(damage, content)
        elif damage.path == DELIVERIES:
            self._judge_deliveries()
        elif damage.path in CHECKPOINTS:
            self._judge_checkpoint()
        else:
            self._judge_document(damage)

    def _judge_log(self, damage: Damage, content: bytes) -> None:
        try:
            room = opened(self.root)
        except LogDamaged as named:
            expected = damage.first_line(content)
            if named.line != expected:
                raise Disproved(f"line {expected} is damaged, and line {named.line} is named: {named.reason}") from None
            self.figures.count("named, with their line")
            self._repair(damage, content)
            return
        self._compare(room)
        self.figures.count("harmless: the room says the same")

    def _compare(self, room: OpenedRoom) -> None:
        if [one.json for one in room.kept] != [one.json for one in self.whole.kept] or room.state != self.whole.state:
            raise Disproved("the room opens, and says another thing")

    def _judge_checkpoint(self) -> None:
        room = opened(self.root)
        self._compare(room)
        tokens, known = (
            {seat.participant.alias: _credential(seat) for seat in one.seats} for one in (room, self.whole)
        )
        for alias, token in known.items():
            if alias in tokens and tokens[alias] != token:
                raise Disproved(f"the token of {alias} is another")
            if self.whole.state.participants[alias].removed_at is not None:
                continue
            if alias not in tokens and not any(alias in note for note in room.notes):
                raise Disproved(f"the token of {alias} is gone without a word: {room.notes}")
        self.figures.count("tokens lost, and told whose", len(known) - len(tokens))
        self.figures.count("named, with their file" if room.notes else "harmless: the room says the same")

    def _judge_deliveries(self) -> None:
        """What became of messages is no history: the room is the same, and what is forgotten is said."""
        room = opened(self.root)
        self._compare(room)
        if not set(room.marks) <= set(self.whole.marks):
            raise Disproved(f"marks that nobody made: {room.marks}")
        is_named = any("deliveries.jsonl" in note for note in room.notes)
        if room.marks != self.whole.marks and not is_named:
            raise Disproved(f"marks are gone without a word: {room.notes}")
        self.figures.count("named, with their file" if is_named else "harmless: the room says the same")

    def _judge_document(self, damage: Damage) -> None:
        try:
            there = READERS[damage.path](self.root)
        except (DocumentDamaged, KeyUnusable, StateDamaged) as named:
            if Path(damage.path).name not in str(named):
                raise Disproved(f"what is named is not {damage.path}: {named}") from None
            self.figures.count("named, with their file")
            return
        if there != self.read[damage.path]:
            raise Disproved(f"{damage.path} is read as another: {there}")
        self.figures.count("harmless: the document says the same")

    def _repair(self, damage: Damage, content: bytes) -> None:
        home = Home(self.root / HOME)
        damaged = (self.root / LOG).read_bytes()
        report = repair(home, ROOM, now=NOW)
        self.figures.count("repairs")
        if report.original is None or report.original.read_bytes() != damaged:
            raise Disproved("the damaged log is not kept")
        room = opened(self.root)
        if repair(home, ROOM, now=NOW).is_needed:
            raise Disproved("a repaired log needs another repair")
        before = damage.first_line(content) - 1
        if [one.line for one in room.kept[:before]] != content.splitlines(keepends=True)[:before]:
            raise Disproved(f"the records before line {before + 1} are not what they were")
        said = {one.record.id: one.json for one in room.kept}
        named = {*report.lost, *_doubtful(report, damaged)}
        for one in self.whole.kept:
            if said.get(one.record.id) != one.json:
                self.figures.count("records changed or gone after a repair, and named")
                if one.record.id not in named:
                    raise Disproved(f"record {one.record.id} is gone or another, and is not named")
        if {seat.participant.alias: _credential(seat) for seat in room.seats} != {
            seat.participant.alias: _credential(seat)
            for seat in self.whole.seats
            if seat.participant.alias in room.state.participants
        }:
            raise Disproved("a token is another after the repair")


def _credential(seat: Any) -> tuple[str | None, datetime | None]:
    return seat.token_hash, seat.token_expires_at


def _doubtful(report: RepairReport, damaged: bytes) -> list[int]:
    """The numbers of the records that a repair kept although nothing vouches for them."""
    return [
        json.JSONDecoder().raw_decode(damaged[fault.offset :].decode(errors="replace"))[0]["id"]
        for fault in report.doubtful
    ]
