"""The door of MCP over HTTP: what goes wrong at the desk of one token ends nobody else's."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import trio
import trio.testing

from agentgather.mcp.http_door import McpDoor


class Desk:
    """A desk that serves, until it breaks."""

    is_over = False

    def __init__(self, caller: Any) -> None:
        self.caller = caller

    async def keep(self, *, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        await self.caller.breaks.wait()
        raise ZeroDivisionError

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        await send(self.caller.credential)


async def test_a_desk_that_breaks_ends_alone(caplog: pytest.LogCaptureFixture) -> None:
    async def run_blocking(*_: Any) -> Any:
        await trio.lowlevel.checkpoint()
        return SimpleNamespace(SeatDesk=Desk)

    heard: list[str] = []

    async def send(credential: str) -> None:
        await trio.lowlevel.checkpoint()
        heard.append(credential)

    room = SimpleNamespace(room=SimpleNamespace(is_dismissed=False))
    bob, eve = (SimpleNamespace(room=room, credential=one, breaks=trio.Event()) for one in ("bob", "eve"))
    door = McpDoor(run_blocking=run_blocking)
    with trio.fail_after(60):
        async with trio.open_nursery() as nursery:
            await nursery.start(door.keep)
            for caller in (bob, eve):
                await door({}, None, send, caller)  # type: ignore[arg-type]
            bob.breaks.set()
            await trio.testing.wait_all_tasks_blocked()
            bob.breaks = trio.Event()
            for caller in (eve, bob):
                await door({}, None, send, caller)  # type: ignore[arg-type]
            nursery.cancel_scope.cancel()
    assert heard == ["bob", "eve", "eve", "bob"]
    assert [getattr(told, "event", None) for told in caplog.records] == ["bug"]
