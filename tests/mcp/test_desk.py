"""A desk that nobody uses is put away, whatever became of its room: a daemon has only so many."""

from __future__ import annotations

import pytest
import trio

from agentgather.http.beside import Caller
from agentgather.mcp import desk
from agentgather.mcp.desk import SeatDesk
from tests.rooms import RunningRoom


@pytest.mark.parametrize("is_closed", [False, True])
async def test_a_desk_that_nobody_uses_is_put_away(
    room: RunningRoom, is_closed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(desk, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(desk, "IDLE_SECONDS", 0.05)
    bob = await room.invite("bob")
    open_room = next(iter(room.daemon.house))
    credential = open_room.room.credentials.find(bob.token)
    assert credential is not None
    if is_closed:
        await room.host.post("/close")
    with trio.fail_after(10):
        async with trio.open_nursery() as nursery:
            await nursery.start(SeatDesk(Caller(open_room, credential, bob.token, None, room.url)).keep)
