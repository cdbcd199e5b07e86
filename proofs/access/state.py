"""The whole of a room as it is kept and as it is told: what a request may have changed."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rooms import Guest

from agentgather.room.delivery.marks import Fetched, Mark

_CLOCKS = {"server_time", "participants"}


@dataclass(frozen=True)
class RoomState:
    """`log` are the bytes of the log; `tokens` what opens which seat until when; `seen` who was there when; `cursors` how far
    they are; `acks` what they said of messages; `settings` everything else that the room says of itself.
    """

    log: bytes
    tokens: dict[str, Any]
    settings: dict[str, Any]
    seen: dict[str, tuple[str, str]]
    cursors: dict[str, tuple[int, int]]
    acks: dict[str, set[Mark]]

    @classmethod
    async def of(cls, host: Guest, folder: Path, marks: Iterable[Mark]) -> RoomState:
        """What is on disk in `folder`, what its host is told, which touches nothing, and the `marks` of its deliveries."""
        told = await host.get("/status")
        saved = json.loads((folder / "participants.json").read_bytes())
        settings = {name: value for name, value in told.items() if name not in _CLOCKS}
        seats = {one["alias"]: one for one in told["participants"]}
        return cls(
            (folder / "messages.jsonl").read_bytes(),
            _tokens(saved),
            settings,
            {alias: (one["lastSeenAt"], one["attention"]) for alias, one in seats.items()},
            {alias: (one["delivered_id"], one["read_id"]) for alias, one in seats.items()},
            _acks(marks),
        )

    def changed_since(self, before: RoomState) -> set[str]:
        """The names of what is not as it was; of what each seat has, with its alias."""
        changed = {name for name in ("log", "tokens", "settings") if getattr(self, name) != getattr(before, name)}
        for name in ("seen", "cursors", "acks"):
            now, then = getattr(self, name), getattr(before, name)
            changed |= {f"{name} of {alias}" for alias in now | then if now.get(alias) != then.get(alias)}
        return changed


def _acks(marks: Iterable[Mark]) -> dict[str, set[Mark]]:
    """What each seat said itself; what it fetched is noted by whoever hands it out."""
    said: dict[str, set[Mark]] = {}
    for mark in marks:
        if not isinstance(mark, Fetched):
            said.setdefault(mark.alias, set()).add(mark)
    return said


def _tokens(saved: Any) -> dict[str, Any]:
    """Each seat's digest of a token and its time, wherever in the file the seats are."""
    seats = saved["participants"] if isinstance(saved, dict) else saved
    return {one["alias"]: {name: one[name] for name in one if "token" in name} for one in seats}
