"""The keeper of a waking beside a real room: a busy agent is looked at often, told of once, and woken when it is done."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from pathlib import Path

import trio

from agentgather.client.doors import reach
from agentgather.client.room_client import RoomClient
from agentgather.client.seat import ActingSeat
from agentgather.room.names import Alias
from agentgather.store.home import Home
from agentgather.wake.adapter import Look, Submission, Submitted, Wake
from agentgather.wake.keeping import Tell, Waking
from agentgather.wake.notebook import Notebook
from agentgather.wake.plan import WakePlan
from agentgather.wake.reports import Reports
from agentgather.wake.rules import WakeRules
from agentgather.wake.told import Told, What
from tests.cli.commands import home_of
from tests.rooms import ROOM, Guest, RunningRoom

REV = Alias("rev")


class AtWork:
    """An agent that works until it is done, and how often it was looked at meanwhile."""

    name = "stand-in"

    def __init__(self) -> None:
        self.seen = Look.WORKING
        self.looks = 0
        self.woken: list[Wake] = []
        self.looked_at = trio.Event()

    async def look(self) -> Look:
        await trio.lowlevel.checkpoint()
        self.looks += 1
        if self.looks == 8:
            self.looked_at.set()
        return self.seen

    async def submit(self, wake: Wake) -> Submission:
        await trio.lowlevel.checkpoint()
        self.woken.append(wake)
        return Submission(Submitted.YES)

    async def took_effect(self, wake: Wake, submission: Submission) -> bool:
        await trio.lowlevel.checkpoint()
        return True


class Fetching(AtWork):
    """An agent that fetches what it is woken for, and is done with that."""

    def __init__(self, guest: Guest) -> None:
        super().__init__()
        self.seen = Look.QUIET
        self._guest = guest

    async def submit(self, wake: Wake) -> Submission:
        await self._guest.get("/messages", since_id=wake.since_id)
        return await super().submit(wake)


def waking_of(home: Home, room: RunningRoom, guest: Guest, agent: AtWork, *, tell: Tell) -> Waking:
    def reached() -> AbstractAsyncContextManager[RoomClient]:
        return reach(ActingSeat(room.url, guest.token, ROOM, REV), home, may_open_room=False)

    return Waking(
        WakePlan(WakeRules(coalesce_seconds=0, busy_seconds=(0.01,)), room=ROOM, me=REV, room_url=room.url),
        agent,
        Notebook(home, ROOM, REV),
        reach=reached,
        me=REV,
        tell=tell,
        report=Reports(reached, via=agent.name),
    )


async def test_a_busy_agent_is_looked_at_often_told_of_once_and_woken_when_it_is_done(
    room: RunningRoom, tmp_path: Path
) -> None:
    guest = await room.invite("rev")
    home = home_of(room, tmp_path / "rev", guest)
    agent, told, done = AtWork(), list[Told](), trio.Event()

    def tell(one: Told) -> None:
        told.append(one)
        if one.what is What.CONFIRMED:
            done.set()

    waking = waking_of(home, room, guest, agent, tell=tell)
    with trio.fail_after(60), waking.notebook.held():
        async with trio.open_nursery() as nursery:
            said = await room.host.say("@rev look")
            nursery.start_soon(waking.keep)
            await agent.looked_at.wait()
            assert [(one.what, one.why, one.ids) for one in told] == [(What.DEFERRED, "working", (said["id"],))]
            agent.seen = Look.QUIET
            await done.wait()
            assert [one.what for one in told] == [What.DEFERRED, What.SUBMITTED, What.CONFIRMED]
            assert len(agent.woken) == 1
            while True:
                wakes = (await room.host.get(f"/messages/{said['id']}/delivery"))["recipients"][0]["wakes"]
                if [wake["outcome"] for wake in wakes] == ["deferred", "confirmed"]:
                    break
                await trio.sleep(0.02)
            nursery.cancel_scope.cancel()
    assert (await room.host.get("/status"))["wakes"]["last_hour"] == 1


async def test_what_its_program_fetched_before_it_was_done_is_not_told_as_not_fetched(
    room: RunningRoom, tmp_path: Path
) -> None:
    guest = await room.invite("rev")
    done = trio.Event()
    waking = waking_of(
        home_of(room, tmp_path / "rev", guest),
        room,
        guest,
        Fetching(guest),
        tell=lambda one: done.set() if one.what is What.CONFIRMED else None,
    )
    with trio.fail_after(60), waking.notebook.held():
        async with trio.open_nursery() as nursery:
            await room.host.say("@rev look")
            nursery.start_soon(waking.keep)
            await done.wait()
            nursery.cancel_scope.cancel()
    kept = waking.notebook.read()
    assert kept is not None
    assert (kept["plan"]["woken"], kept["plan"]["waiting"]) == ([], [])
