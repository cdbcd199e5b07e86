"""The whole of a room as it is kept and as it is told: what a request may have changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.rooms import Guest

_CLOCKS = {"server_time", "participants"}


@dataclass(frozen=True)
class RoomState:
    """`log` are the bytes of the log; `tokens` what opens which seat until when; `marks` who was last seen when, and how far
    they are; `settings` everything else that the room says of itself.
    """

    log: bytes
    tokens: dict[str, Any]
    settings: dict[str, Any]
    marks: dict[str, tuple[str, str, int, int]]

    @classmethod
    async def of(cls, host: Guest, folder: Path) -> RoomState:
        """What is on disk in `folder`, and what its host is told, which touches nothing."""
        told = await host.get("/status")
        saved = json.loads((folder / "participants.json").read_bytes())
        settings = {name: value for name, value in told.items() if name not in _CLOCKS}
        return cls(
            (folder / "messages.jsonl").read_bytes(),
            _tokens(saved),
            settings,
            {
                one["alias"]: (one["lastSeenAt"], one["attention"], one["delivered_id"], one["read_id"])
                for one in told["participants"]
            },
        )

    def changed_since(self, before: RoomState, *, but_marks_of: str = "") -> list[str]:
        """What is not as it was; the marks of somebody who may have moved them are left out."""
        changed = [name for name in ("log", "tokens", "settings") if getattr(self, name) != getattr(before, name)]
        marks = {alias for alias in before.marks | self.marks if self.marks.get(alias) != before.marks.get(alias)}
        return changed + [f"marks of {alias}" for alias in sorted(marks - {but_marks_of})]


def _tokens(saved: Any) -> dict[str, Any]:
    """Each seat's digest of a token and its time, wherever in the file the seats are."""
    seats = saved["participants"] if isinstance(saved, dict) else saved
    return {one["alias"]: {name: one[name] for name in one if "token" in name} for one in seats}
