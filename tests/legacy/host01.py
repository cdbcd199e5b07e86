"""A host of Agent Gather 0.1, `tunnel run` as contract sections 6.5, 6.6 and 6.8 describe it, its frailty included.

It registers without a target, polls every 50 ms while idle and at once after a claim, sends a heartbeat every 10 s, and
ends at the first heartbeat that fails, or when a poll says that its route is no more or nobody answers at all.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
import trio

POLL_SECONDS = 0.05
HANDLERS_MAX = 16
ANSWER_BYTES_MAX = 1_048_576
FATAL = ("route_closed", "route_expired", "route_not_found")

Json = dict[str, Any]


class Failed(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


class Whole(httpx.AsyncByteStream):
    """A body without a generator: httpx leaves its own unclosed when a connection breaks while it sends."""

    def __init__(self, content: bytes) -> None:
        self._pieces = [content] if content else []

    def __aiter__(self) -> Whole:
        return self

    async def __anext__(self) -> bytes:
        if not self._pieces:
            raise StopAsyncIteration
        return self._pieces.pop()


class Transport(httpx.AsyncHTTPTransport):
    def __init__(self) -> None:
        super().__init__(trust_env=False, limits=httpx.Limits(max_connections=None))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.stream = Whole(request.content)
        return await super().handle_async_request(request)


@dataclass
class Host01:
    """`target` is the room's own server. `reason` is why it ended: `signal` or a tunnel code."""

    broker_url: str
    slug: str
    target: str
    heartbeat_seconds: float = 10
    handlers_max: int = HANDLERS_MAX
    route: Json | None = None
    reason: str | None = None
    handler_count: int = 0
    handlers_seen_max: int = 0

    async def run(self, *, task_status: trio.TaskStatus[Host01] = trio.TASK_STATUS_IGNORED) -> None:
        """Attend until cancelled (a signal) or until something is fatal; closes the route, never raises for it."""
        async with (
            httpx.AsyncClient(timeout=60, transport=Transport()) as self._broker,
            httpx.AsyncClient(timeout=60, transport=Transport()) as self._room,
        ):
            self.route = (await self._call("register", {"route_slug": self.slug}))["route"]
            task_status.started(self)
            try:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._keep_alive, nursery.cancel_scope)
                    await self._keep_polling(nursery)
                    nursery.cancel_scope.cancel()
            finally:
                self.reason = self.reason or "signal"
                with trio.move_on_after(2, shield=True):
                    try:
                        await self._call("close", self._ids)
                    except Failed:
                        pass

    @property
    def public_url(self) -> str:
        return f"{self.broker_url.rstrip('/')}/{self.slug}"

    @property
    def _ids(self) -> Json:
        assert self.route is not None
        return {name: self.route[name] for name in ("route_id", "host_connection_id")}

    async def _keep_alive(self, everything: trio.CancelScope) -> None:
        while True:
            await trio.sleep(self.heartbeat_seconds)
            try:
                self.route = (await self._call("heartbeat", self._ids))["route"]
            except Failed as failed:
                self.reason = failed.code
                everything.cancel()

    async def _keep_polling(self, nursery: trio.Nursery) -> None:
        while True:
            if self.handler_count >= self.handlers_max:
                await trio.sleep(POLL_SECONDS)
                continue
            try:
                request = (await self._call("poll", self._ids))["request"]
            except Failed as failed:
                if failed.code in FATAL:
                    self.reason = failed.code
                    return
                request = None
            if request is None:
                await trio.sleep(POLL_SECONDS)
                continue
            self.handler_count += 1
            self.handlers_seen_max = max(self.handlers_seen_max, self.handler_count)
            nursery.start_soon(self._handle, request)

    async def _handle(self, request: Json) -> None:
        try:
            response = await self._ask_room(request)
            answered = {**self._ids, "request_id": request["request_id"], "response": response}
            try:
                await self._call("respond", answered)
            except Failed:
                pass  # late, or closed: there is nobody to tell
        finally:
            self.handler_count -= 1

    async def _ask_room(self, request: Json) -> Json:
        parts = urlsplit(self.target)
        own = f"{parts.scheme}://{parts.netloc}"
        headers = {n: v for n, v in request["headers"].items() if n in ("authorization", "content-type", "accept")}
        if "origin" in request["headers"]:
            headers["origin"] = own
        if "referer" in request["headers"]:
            headers["referer"] = own + "/"
        content = b64decode(request["body_base64"]) if "body_base64" in request else None
        try:
            answer = await self._room.request(
                request["method"], self.target.rstrip("/") + request["path"], headers=headers, content=content
            )
        except httpx.TransportError:
            return _failure("host_unavailable")
        if len(answer.content) > ANSWER_BYTES_MAX:
            return _failure("response_too_large")
        passed = {"content-type": answer.headers["content-type"]} if "content-type" in answer.headers else {}
        return {
            "status": answer.status_code,
            "headers": passed,
            "body_base64": b64encode(answer.content).decode(),
        }

    async def _call(self, action: str, body: Json) -> Json:
        """Ask the broker. An unreachable one is reported as `route_not_found`, as 0.1 does."""
        try:
            answer = await self._broker.post(f"{self.broker_url.rstrip('/')}/_host/{action}", json=body)
        except httpx.TransportError:
            raise Failed(502, "route_not_found") from None
        fields: Json = answer.json()
        if not answer.is_success:
            raise Failed(answer.status_code, fields["error"])
        return fields


def _failure(code: str) -> Json:
    body = b'{"ok":false,"error":"%s"}' % code.encode()
    return {
        "status": 502,
        "headers": {"content-type": "application/json; charset=utf-8"},
        "body_base64": b64encode(body).decode(),
    }
