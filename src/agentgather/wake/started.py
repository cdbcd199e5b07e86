"""An agent that we started, wherever it runs: what `agentgather run` needs of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from agentgather.wake.adapter import Adapter

HIDDEN = ("AGENTGATHER_TOKEN", "AGENTGATHER_URL")  # of whoever starts it: they are not the agent's


@dataclass(frozen=True, slots=True)
class Place:
    """Where a started program is: its pid, what else names the place, and the words that show it, if any do."""

    pid: int
    names: Mapping[str, str] = field(default_factory=dict)
    attach: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        shown = {"attach": list(self.attach)} if self.attach else {}
        return {**self.names, "pid": self.pid, **shown}


class Started(Protocol):
    """A running program in a terminal that is its own. Whoever starts it ends it."""

    def adapter(self, *, prompt: re.Pattern[str] | None) -> Adapter:
        """The way to wake it. `prompt`: what stands before its input, where somebody has told."""
        ...

    def place(self) -> Place: ...

    async def ended(self) -> int:
        """Its exit status once it has ended, 128 and the signal's number for one that was killed."""
        ...

    async def end(self) -> None:
        """End it and all that is in its terminal, by SIGHUP, SIGTERM and at last SIGKILL. Returns once it is gone."""
        ...


@dataclass
class EndedAtOnce(Exception):
    """It was started, and had ended before it could be found. `said` is what its terminal showed."""

    status: int
    said: str = ""

    def __str__(self) -> str:
        return f"the program ended at once, with exit status {self.status}"
