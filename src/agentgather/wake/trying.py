"""How often a wake was tried already, and when it is again: soon where the agent is only busy, ever later where it failed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from agentgather.wake.adapter import Look
from agentgather.wake.rules import WakeRules

BUSY = frozenset({Look.WORKING.value, Look.TYPING.value})  # troubles that pass by themselves: deferred, never given up


@dataclass(frozen=True, slots=True)
class Trying:
    """`failures`: tries to hand over that surely were none. `looks`: how often in a row the agent was seen to be busy.

    `deferred_id`: up to this message it was told that the wake is put off; a look that finds the agent busy still is no news.
    """

    failures: int = 0
    looks: int = 0
    deferred_id: int = 0

    def after_look(self, ids: tuple[int, ...]) -> Trying:
        """Once the agent was seen to be busy, with these waiting."""
        return replace(self, looks=self.looks + 1, deferred_id=max((self.deferred_id, *ids)))

    def after_failure(self) -> Trying:
        return Trying(self.failures + 1)

    def again_in_seconds(self, rules: WakeRules) -> float:
        """From the last of the rungs on it stays there."""
        rungs, place = (rules.busy_seconds, self.looks) if self.looks else (rules.retry_seconds, self.failures)
        return rungs[min(place, len(rungs)) - 1]

    def is_given_up(self, rules: WakeRules) -> bool:
        return self.failures > len(rules.retry_seconds)

    def note(self) -> dict[str, Any]:
        return {"tries": self.failures, "looks": self.looks, "deferred_id": self.deferred_id}
