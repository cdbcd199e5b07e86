"""A room of a trial, served by a real daemon: its people, its agents, and when all of them have fallen silent."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import trio
from tests.network.line import Answer, Line

from agentgather.live.live_room import LiveRoom
from agentgather.room.names import Alias
from proofs.loops.agents import Agent, CliAgent, CurlAgent, Seat
from proofs.proof import Disproved

SILENT_SECONDS_MAX = 300.0  # for a conversation to end; one that the guard does not stop never does
LOOK_SECONDS = 0.004  # between two looks at whether something is so
AnyAgent = Agent | CliAgent | CurlAgent


@dataclass(eq=False)
class Person:
    """Somebody who is no script: each word of theirs has to be taken at once, whatever agents do."""

    seat: Seat
    line: Line = field(repr=False)

    async def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> Answer:
        return await self.seat.ask(self.line, method, path, body=body)

    async def get(self, path: str) -> dict[str, Any]:
        answer = await self.ask("GET", path)
        assert answer.status == 200, answer.text
        return dict(answer.json())

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Raises Disproved when it is refused."""
        answer = await self.ask("POST", path, body)
        if not answer.is_success:
            raise Disproved(f"a person was hindered: {path} was answered {answer.status} {answer.text}")
        return dict(answer.json())

    async def say(self, text: str) -> int:
        """The id of what they said."""
        return int((await self.post("/messages", {"text": text}))["message"]["id"])


@dataclass(eq=False)
class Gathering:
    """One room. `live` is the room inside the daemon: looked at, never touched."""

    url: str
    log: Path
    live: LiveRoom = field(repr=False)
    host: Person
    mira: Person  # a guest
    listener: Agent  # how mira hears
    agents: list[AnyAgent] = field(default_factory=list)

    @property
    def last_id(self) -> int:
        return self.live.timeline.last_id

    @property
    def names(self) -> Sequence[str]:
        return [agent.alias for agent in self.agents]

    @property
    def talkative(self) -> Sequence[str]:
        """Those who answer everything that is said in this room, in this room."""
        return [agent.alias for agent in self.agents if isinstance(agent, Agent) and agent.mouth is None]

    def is_silent(self) -> bool:
        """Whether every agent has heard everything and waits: whatever they would say to it is said."""
        return all(self.live.held_count(alias) and self._has_heard(alias, self.last_id) for alias in self.names)

    def have_heard(self, message_id: int) -> bool:
        """Whether every agent, and who listens for mira, was handed this record."""
        return all(self._has_heard(alias, message_id) for alias in (*self.names, self.listener.alias))

    def _has_heard(self, alias: str, message_id: int) -> bool:
        live = self.live
        return live.presence.of(Alias(alias), default=live.clock()).delivered_id >= message_id

    async def until_record(self, number: int) -> None:
        """Return once there is a record `number`, or nothing more will come."""
        await self.until(lambda: self.last_id >= number or self.is_silent(), what="agents talk")

    def leave(self) -> None:
        for person in (self.host, self.mira):
            person.line.hang_up()

    async def until(self, is_so: Callable[[], bool], *, what: str) -> None:
        """Return once `is_so`. Raises Disproved when it is never so."""
        with trio.move_on_after(SILENT_SECONDS_MAX) as scope:
            while not is_so():
                await trio.sleep(LOOK_SECONDS)
        if scope.cancelled_caught:
            raise Disproved(f"not within {SILENT_SECONDS_MAX:.0f} s: {what}; {self.last_id} records")
