"""The outside of the app: which room a request is for, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from agentgather.api.errors import STATUS_OF, error_body
from agentgather.api.record_json import compact
from agentgather.http.headers import NO_STORE, SECURITY_HEADERS
from agentgather.live.house import House

ROOM_IN_SCOPE = "agentgather.room"
OUTSIDE_ROOMS = frozenset({"/healthz", "/openapi.json"})  # answered beside the rooms too when there are several

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]
App = Callable[[Any, Any, Any], Awaitable[None]]

_EVERY_ANSWER = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS]
_NO_STORE = (NO_STORE[0].lower().encode(), NO_STORE[1].encode())


class Mount:
    """An ASGI app around the room's app. `is_mounted`: several rooms, each below `/<room>/`; else the only one at `/`."""

    def __init__(self, app: App, house: House, *, is_mounted: bool) -> None:
        self._app = app
        self._house = house
        self._is_mounted = is_mounted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}  # a document has a policy of its own
                headers = [*message["headers"], *(one for one in _EVERY_ANSWER if one[0] not in own)]
                if not any(name == b"cache-control" for name, _ in headers):
                    headers.append(_NO_STORE)
                message = {**message, "headers": headers}
            await send(message)

        path: str = scope["path"]
        room = None
        if path not in OUTSIDE_ROOMS:
            if self._is_mounted:
                name, slash, rest = path[1:].partition("/")
                room, path = self._house.find(name), f"/{rest}"
                if room is None:
                    await _refuse(
                        answer, "room_not_found", "there is no such room here; use the URL of your invitation"
                    )
                    return
                if not slash and scope["method"] in ("GET", "HEAD"):
                    await _redirect(answer, f"/{name}/")  # the page's relative links need the slash
                    return
            else:
                room = next(iter(self._house), None)
                if room is None:
                    await _refuse(answer, "shutting_down", "the room is being shut; try again in a moment")
                    return
        if path.startswith("//"):  # werkzeug would take the slashes away and answer as if they were one
            await _refuse(answer, "not_found", "there is nothing below an empty name; leave the extra slash out")
            return
        await self._app({**scope, "path": path, ROOM_IN_SCOPE: room}, receive, answer)


async def _refuse(send: Send, code: str, message: str) -> None:
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    if STATUS_OF[code] == 503:
        headers.append((b"retry-after", b"1"))
    retry = 1 if STATUS_OF[code] == 503 else None
    await _send(send, STATUS_OF[code], headers, compact(error_body(code, message, retry_after_seconds=retry)) + b"\n")


async def _redirect(send: Send, location: str) -> None:
    await _send(send, 308, [(b"location", location.encode())], b"")


async def _send(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
