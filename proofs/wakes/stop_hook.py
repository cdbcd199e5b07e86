"""Stands in for an agent of Claude Code whose Stop hook is `agentgather wake hook`, beside a real room.

Its hook is a process at each stop, and what that prints is all that the agent hears. It goes on when it is told to, stops once
more with the hook active, fetches or does not, and stops again: a pointer that it is given twice is counted twice.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import trio
from tests.cli.commands import home_of, run
from tests.rooms import Guest, RunningRoom, create, keep_room

from agentgather.settings.shape import DaemonSettings, Settings
from agentgather.store.home import Home
from agentgather.wake.adapter import Adapter, Look, Submission, Submitted, Wake
from agentgather.wake.pointer import LINE_CHARACTERS_MAX
from proofs.proof import Disproved
from proofs.wakes.stand_in import Circumstance, Heard, StandIn

CODES = (0, 255)  # 255 is what multiprocessing says of a forked process whose own code was not told to it
HOLD_SECONDS = 20
SAID_SECONDS_MAX = 1.0  # after a hook was started, or a turn began
SEAT_WAKES_MAX = 15  # of a participant's budget of an hour, 20
POINTER = re.compile(r"\[Agent Gather\] New from ops for rev-\d+ in room lab after #(\d+)\. Fetch it [ -~]+")


@dataclass
class StoppingAgent:
    """The agent and its hook. What is its adapter elsewhere is here its own stop, to which the message was said before."""

    room: RunningRoom
    folder: Path
    plays: tuple[Circumstance, ...] = (
        Circumstance.CALM,
        Circumstance.WORKING,  # it is said in a turn, and the hook runs at that one's end
        Circumstance.BEGINNING,  # it is said while the hook starts, looks or holds
        Circumstance.DEAF,  # at the first stop another hook had made it go on already
    )
    name: str = "Stop hook"
    seat: Guest | None = None
    home: Home | None = None
    circumstance: Circumstance = Circumstance.CALM
    is_fetching: bool = True
    turn_over: trio.Event = field(default_factory=trio.Event)
    said: dict[str, int] = field(default_factory=dict)  # the numbers of the messages by their lines
    unfetched_id: int | None = None  # the first that its seat was told of and did not fetch
    pointed: list[str] = field(default_factory=list)
    wakes: int = 0

    @property
    def adapter(self) -> Adapter:
        return self

    # -- the stand-in

    def line(self, text: str) -> str:
        return text[:LINE_CHARACTERS_MAX]

    async def play(self, circumstance: Circumstance, choices: random.Random) -> float:
        if self.wakes % SEAT_WAKES_MAX == 0:
            self.seat = await self.room.invite(f"rev-{self.wakes}")
            self.home = home_of(self.room, self.folder / self.seat.alias, self.seat)
            self.unfetched_id = None
        self.wakes += 1
        self.circumstance, self.turn_over = circumstance, trio.Event()
        self.is_fetching = choices.random() < 0.5
        return choices.uniform(0, SAID_SECONDS_MAX)

    async def relieve(self) -> None:
        await trio.lowlevel.checkpoint()
        self.turn_over.set()

    async def heard(self) -> Heard:
        await trio.lowlevel.checkpoint()
        return Heard(self.pointed)

    # -- in the place of an adapter

    async def look(self) -> Look:
        await trio.lowlevel.checkpoint()
        return Look.QUIET  # anybody may speak at any time

    async def submit(self, wake: Wake) -> Submission:
        """Say it, and let the agent come to its stop."""
        if wake.line in self.said:  # it was, and the agent was let stop
            return await self._came_to_a_stop(wake)
        match self.circumstance:
            case Circumstance.BEGINNING:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._say_later, wake)
                    return await self._came_to_a_stop(wake, hold=HOLD_SECONDS)
            case Circumstance.WORKING:
                await self._say(wake)
                await self.turn_over.wait()
            case Circumstance.DEAF:
                await self._say(wake)
                await self._came_to_a_stop(wake, is_active=True)
            case _:
                await self._say(wake)
        return await self._came_to_a_stop(wake)

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:
        """It went on. It stops twice more, and each time it is let."""
        assert self.seat is not None
        if self.is_fetching:
            assert isinstance(submission.evidence, int)
            fetched = await self.seat.get("/messages", since_id=submission.evidence)
            if fetched["messages"][-1]["id"] != self.said[wake.line]:
                raise Disproved(f"what a pointer leads to is not there: {wake.line!r}")
            self.unfetched_id = None
        await self._came_to_a_stop(wake, is_active=True)
        await self._came_to_a_stop(wake)
        return True

    # -- what it does

    async def _say(self, wake: Wake) -> None:
        assert self.seat is not None
        said = await self.room.host.say(f"@{self.seat.alias} {wake.line}")
        self.said[wake.line] = said["id"]
        self.unfetched_id = self.unfetched_id or said["id"]

    async def _say_later(self, wake: Wake) -> None:
        await self.turn_over.wait()
        await self._say(wake)

    async def _came_to_a_stop(self, wake: Wake, *, is_active: bool = False, hold: int = 0) -> Submission:
        """One run of the hook. YES: it points at `wake`, and `evidence` is the number after which the agent is to fetch."""
        assert self.home is not None
        told = {"hook_event_name": "Stop", "stop_hook_active": is_active, "session_id": "a"}
        ran = await run(self.home, "wake", "hook", "--hold", str(hold), stdin=json.dumps(told))
        is_in_order = ran.code in CODES and not ran.err
        if is_in_order and ran.json == {}:
            return Submission(Submitted.NO, "let stop")
        pointer = POINTER.fullmatch(str(ran.json.get("reason"))) if is_in_order else None
        if is_active or pointer is None or ran.json.get("decision") != "block":
            raise Disproved(f"the hook answered {ran}, to {told}")
        since_id = int(pointer[1])
        if self.unfetched_id is not None and since_id != self.unfetched_id - 1:
            raise Disproved(f"the first that was not fetched is #{self.unfetched_id}, and the hook said {ran.out}")
        self.pointed.append(wake.line)
        return Submission(Submitted.YES, evidence=since_id)


@asynccontextmanager
async def stop_hook(folder: Path) -> AsyncIterator[StandIn]:
    seat = create(folder / "room")
    async with trio.open_nursery() as nursery:
        settings = Settings(daemon=DaemonSettings(port=0, drain_seconds=3))
        room: RunningRoom = await nursery.start(keep_room, folder / "room", seat, settings)
        yield StoppingAgent(room, folder)
        await room.stop()
