"""The broker's ASGI app: which door a request is for. Nothing is decided here."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from agentgather_broker.crossing import Crossing
from agentgather_broker.hosts import LinkDoor
from agentgather_broker.refusals import Refused
from agentgather_broker.replies import compact, send_refusal, send_reply
from agentgather_broker.visitors import VisitorDoor

LINK = b"/_host/link"
HOST_PREFIX = b"/_host/"

OldHosts = Callable[[Any, Any, Any], Awaitable[None]]


class BrokerApp:
    def __init__(self, *, links: LinkDoor, old_hosts: OldHosts, visitors: VisitorDoor, crossing: Crossing) -> None:
        self._links = links
        self._old_hosts = old_hosts
        self._visitors = visitors
        self._crossing = crossing

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path: bytes = scope["raw_path"]
        if scope["type"] == "websocket":
            if path == LINK:
                await self._links.answer(scope, receive, send)
            else:
                refused = Refused("unsupported_route", "WebSockets are for hosts; read a room with /events or /wait")
                await send_refusal(send, refused, kind="websocket.http.response")
        elif self._visitors.is_of_a_rooms_own_origin(scope):
            await self._visitors.answer(scope, receive, send)
        elif path == LINK:
            refused = Refused("unsupported_route", "a link is a WebSocket; ask with Upgrade", status=426)
            await send_refusal(send, refused, headers=[(b"upgrade", b"websocket")])
        elif path.startswith(HOST_PREFIX):
            await self._old_hosts(scope, receive, send)
        elif path == b"/healthz":
            await send_reply(send, 200, compact({"ok": True}) + b"\n")
        elif path == b"/readyz":
            await self._show_readiness(send)
        else:
            await self._visitors.answer(scope, receive, send)

    async def _show_readiness(self, send: Any) -> None:
        """Whether new visitors and hosts should be sent here."""
        if self._links.is_draining:
            await send_refusal(
                send, Refused("host_unavailable", "this broker is leaving", status=503, retry_after_seconds=1)
            )
        else:
            await send_reply(send, 200, compact({"ok": True, "hosts": self._crossing.host_count}) + b"\n")
