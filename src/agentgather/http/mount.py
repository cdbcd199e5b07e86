"""The outside of the app: which room a request is for, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from agentgather.api.errors import STATUS_OF, error_body
from agentgather.api.paths import MCP
from agentgather.api.record_json import compact
from agentgather.http.beside import Beside, Caller
from agentgather.http.headers import NO_STORE, SECURITY_HEADERS
from agentgather.live.house import House
from agentgather.live.keeping import OpenRoom
from agentgather.serving.answer import Answer, Whole

ROOM_IN_SCOPE = "agentgather.room"
OUTSIDE_ROOMS = frozenset({"/healthz", "/openapi.json"})  # answered beside the rooms too when there are several

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[Any]]
Send = Callable[[Any], Awaitable[None]]


class RoomApp(Protocol):
    """An ASGI app that answers some requests without waiting."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None: ...

    def at_once(self, scope: Scope) -> Answer | None: ...


_EVERY_ANSWER = [(name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS]
_NO_STORE = (NO_STORE[0].lower().encode(), NO_STORE[1].encode())


class Mount:
    """An ASGI app around the room's app. `is_mounted`: several rooms, each below `/<room>/`; else the only one at `/`."""

    def __init__(self, app: RoomApp, house: House, *, is_mounted: bool, mcp: Beside | None = None) -> None:
        self._app = app
        self._house = house
        self._is_mounted = is_mounted
        self._mcp = mcp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _dressed(message["headers"])}
            await send(message)

        placed = self._placed(scope)
        if isinstance(placed, Whole):
            await _tell(answer, placed)
        elif self._mcp is not None and placed["path"] == MCP:
            room: OpenRoom = placed[ROOM_IN_SCOPE]
            admitted = self._mcp.admit(placed, room)
            if isinstance(admitted, Whole):
                await _tell(answer, admitted)
                return
            credential, token = admitted
            asked_at = f"http://localhost/{room.room.id}" if self._is_mounted else "http://localhost"
            await self._mcp.app(
                placed, receive, answer, Caller(room, credential, token, room_app=self, base_url=asked_at)
            )
        else:
            await self._app(placed, receive, answer)

    def at_once(self, scope: Scope) -> Whole | None:
        """The answer to a request without a body, where there is nothing to wait for; None: call instead."""
        placed = self._placed(scope)
        if isinstance(placed, Whole):
            return None
        answer = self._app.at_once(placed)
        return Whole(answer.status, _dressed(answer.asgi_headers()), answer.body) if answer is not None else None

    def _placed(self, scope: Scope) -> Scope | Whole:
        """The scope as the room's app sees it, or the answer to what is meant for no room."""
        path: str = scope["path"]
        room = None
        if path not in OUTSIDE_ROOMS:
            if self._is_mounted:
                name, slash, rest = path[1:].partition("/")
                room, path = self._house.find(name), f"/{rest}"
                if room is None:
                    return _refusal("room_not_found", "there is no such room here; use the URL of your invitation")
                if not slash and scope["method"] in ("GET", "HEAD"):
                    return _redirect(f"/{name}/")  # the page's relative links need the slash
            else:
                room = next(iter(self._house), None)
                if room is None:
                    return _refusal("shutting_down", "the room is being shut; try again in a moment")
        if path.startswith("//"):  # werkzeug would take the slashes away and answer as if they were one
            return _refusal("not_found", "there is nothing below an empty name; leave the extra slash out")
        return {**scope, "path": path, ROOM_IN_SCOPE: room}


async def _tell(send: Send, whole: Whole) -> None:
    await send({"type": "http.response.start", "status": whole.status, "headers": whole.headers})
    await send({"type": "http.response.body", "body": whole.body, "more_body": False})


def _dressed(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The headers of an answer with those that every answer carries. A document has a policy of its own."""
    own = {name for name, _ in headers}
    dressed = [*headers, *(one for one in _EVERY_ANSWER if one[0] not in own)]
    if _NO_STORE[0] not in own:
        dressed.append(_NO_STORE)
    return dressed


def _refusal(code: str, message: str) -> Whole:
    headers = [(b"content-type", b"application/json; charset=utf-8")]
    retry = 1 if STATUS_OF[code] == 503 else None
    if retry is not None:
        headers.append((b"retry-after", b"%d" % retry))
    return _whole(STATUS_OF[code], headers, compact(error_body(code, message, retry_after_seconds=retry)) + b"\n")


def _redirect(location: str) -> Whole:
    return _whole(308, [(b"location", location.encode())], b"")


def _whole(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Whole:
    return Whole(status, [*headers, (b"content-length", b"%d" % len(body))], body)
