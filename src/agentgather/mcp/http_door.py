"""MCP over HTTP, at `/mcp` of a room: a desk for every token that comes. The SDK is imported when the first one does.

Importing it takes half a second and 40 MB: a daemon that nobody asks pays neither, and the first who asks waits in a thread, so
that nobody else does.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Protocol

import trio

from agentgather.http.beside import Caller, rpc_refusal
from agentgather.live.credentials import Credential
from agentgather.serving.answer import Whole

log = logging.getLogger(__name__)

DESKS_MAX = 512  # tokens with something open at once, in all rooms of a daemon; a desk that nobody uses is put away
_IMPLEMENTATION = "agentgather.mcp.desk"

RunBlocking = Callable[..., Awaitable[Any]]


class Desk(Protocol):
    """All that one token has open (agentgather.mcp.desk)."""

    is_over: bool

    async def keep(self, *, task_status: trio.TaskStatus[None]) -> None: ...

    async def serve(self, scope: Any, receive: Any, send: Any) -> None: ...


class McpDoor:
    """`keep` holds its tasks; requests are answered for as long as it runs."""

    def __init__(self, *, run_blocking: RunBlocking) -> None:
        self._run_blocking = run_blocking
        self._desks: dict[Credential, Desk] = {}
        self._nursery: trio.Nursery | None = None
        self._turn = trio.Lock()

    async def keep(self, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Until cancelled, which ends everything that is open."""
        try:
            async with trio.open_nursery() as self._nursery:
                task_status.started()
                await trio.sleep_forever()
        finally:
            self._nursery = None

    async def __call__(self, scope: Any, receive: Any, send: Any, caller: Caller, /) -> None:
        desk = await self._desk(caller)
        if isinstance(desk, Whole):
            await send({"type": "http.response.start", "status": desk.status, "headers": desk.headers})
            await send({"type": "http.response.body", "body": desk.body, "more_body": False})
            return
        await desk.serve(scope, receive, send)

    async def _desk(self, caller: Caller) -> Desk | Whole:
        async with self._turn:
            desk = self._desks.get(caller.credential)
            if desk is not None and not desk.is_over:
                return desk
            if self._nursery is None or caller.room.room.is_dismissed:
                return rpc_refusal("shutting_down", "the host restarts; try again in a moment")
            if len(self._desks) >= DESKS_MAX:
                return rpc_refusal("too_busy", "too many are connected; try again later")
            module = await self._run_blocking(import_module, _IMPLEMENTATION)
            made: Desk = module.SeatDesk(caller)
            await self._nursery.start(self._keep, caller.credential, made)
            return made

    async def _keep(
        self, credential: Credential, desk: Desk, *, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """The supervision point of a desk: what goes wrong with one token is a bug, and ends nobody else's."""
        self._desks[credential] = desk
        try:
            await desk.keep(task_status=task_status)
        except Exception as error:
            error_id = secrets.token_hex(4)
            log.error("a desk failed", exc_info=error, extra={"event": "bug", "error_id": error_id})
        finally:
            if self._desks.get(credential) is desk:
                del self._desks[credential]
