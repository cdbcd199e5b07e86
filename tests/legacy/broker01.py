"""A broker of Agent Gather 0.1, in relay mode: contract sections 6.2 to 6.5 and 6.8, its weaknesses included.

It registers whoever asks, answers polls at once, lets any registered host answer any request, and keeps every record.
Left out are the direct mode, which nothing of ours asks for (a target is checked and then not used), and the access log.
"""

from __future__ import annotations

import json
import re
import secrets
from base64 import b64decode, b64encode
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from time import time
from typing import Any
from urllib.parse import urlsplit

import trio

from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, bind, port_of

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
ANSWER_BYTES_MAX = 1_048_576
CONTROL_BYTES_MAX = 16_000
RESPOND_BYTES_MAX = 1_414_102
BODY_BYTES_MAX = 65_536
PASSED = ("authorization", "content-type", "accept", "origin", "referer")  # the host makes the last two its own

Json = dict[str, Any]


class Failed(Exception):
    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass
class Limits01:
    requests_per_minute: int = 600
    unauthenticated_per_minute: int = 60
    requests_max: int = 64
    waits_max: int = 32
    claim_seconds: float = 10
    response_seconds: float = 35
    idle_seconds: float = 900
    life_seconds: float = 28_800


@dataclass
class Route01:
    slug: str
    created_at: float
    last_seen_at: float
    route_id: str = field(default_factory=lambda: _id("rte_"))
    host_connection_id: str = field(default_factory=lambda: _id("conn_"))
    status: str = "active"
    request_count: int = 0
    wait_count: int = 0


@dataclass
class Pending01:
    """A participant's request. `outcome` is the host's response, or why there is none."""

    slug: str
    envelope: Json
    claimed: trio.Event = field(default_factory=trio.Event)
    settled: trio.Event = field(default_factory=trio.Event)
    outcome: Json | Failed | None = None

    def settle(self, outcome: Json | Failed) -> None:
        self.outcome = outcome
        self.claimed.set()
        self.settled.set()


class Broker01:
    """The broker's state, and an ASGI app over it. `clock` answers seconds since 1970."""

    def __init__(self, nursery: trio.Nursery, *, limits: Limits01 | None = None, clock: Callable[[], float] = time):
        self.limits = limits or Limits01()
        self.clock = clock
        self.routes: list[Route01] = []
        self.control_calls: list[str] = []  # each control path that was asked, in order
        self.registrations: list[Json] = []
        self._nursery = nursery
        self._pending: dict[str, Pending01] = {}
        self._queues: dict[str, deque[str]] = defaultdict(deque)
        self._windows: dict[tuple[str, str], tuple[float, int]] = {}

    async def app(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":  # 0.1 knows none: to it, this is a GET like any other
            send = _as_http(send)
            scope = {**scope, "method": "GET"}
        path = scope["raw_path"].decode("ascii", "replace")
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        try:
            if path.startswith("/_host/"):
                status, body = 200, await self._control(path.removeprefix("/_host/"), scope["method"], receive)
            else:
                await self._participant(scope, path, headers, receive, send)
                return
        except Failed as failed:
            status, body = failed.status, {"ok": False, "error": failed.code, "message": "the request failed"}
        await _answer_json(send, status, body)

    async def _control(self, action: str, method: str, receive: Any) -> Json:
        if method != "POST":
            raise Failed(405, "unsupported_route")
        self.control_calls.append(action)
        if action not in ("register", "heartbeat", "close", "poll", "respond"):
            raise Failed(404, "unsupported_route")
        cap = RESPOND_BYTES_MAX if action == "respond" else CONTROL_BYTES_MAX
        asked = _object(await _whole(receive, cap, Failed(413, "invalid_registration")))
        if action == "register":
            return {"ok": True, "route": self._register(asked)}
        route = self._of_ids(asked, is_heartbeat=action == "heartbeat")
        if action == "close":
            return self._close(route)
        if action == "respond":
            return self._respond(asked)
        self._must_be_active(route)
        route.last_seen_at = self.clock()
        if action == "heartbeat":
            return {"ok": True, "route": self._metadata(route)}
        return {"ok": True, "request": self._claim(route)}

    def _register(self, asked: Json) -> Json:
        self.registrations.append(asked)
        slug, target = asked.get("route_slug"), asked.get("target")
        if not isinstance(slug, str) or not SLUG.fullmatch(slug):
            raise Failed(400, "invalid_registration")
        if isinstance(target, str):
            parts = urlsplit(target)
            if parts.scheme not in ("http", "https") or parts.hostname not in ("127.0.0.1", "localhost", "::1"):
                raise Failed(400, "invalid_registration")
        last = self._last(slug)
        if last is not None and self._status(last) == "active":
            raise Failed(409, "route_slug_taken")
        route = Route01(slug, created_at=self.clock(), last_seen_at=self.clock())
        self.routes.append(route)
        return self._metadata(route)

    def _close(self, route: Route01) -> Json:
        route.status = "closed"
        for request_id, pending in list(self._pending.items()):
            if pending.slug == route.slug:
                del self._pending[request_id]
                pending.settle(Failed(410, "route_closed"))
        return {"ok": True, "route_slug": route.slug, "status": "closed"}

    def _claim(self, route: Route01) -> Json | None:
        queue = self._queues[route.slug]
        while queue:
            request_id = queue.popleft()
            pending = self._pending.get(request_id)
            if pending is not None:
                pending.claimed.set()
                return pending.envelope
        return None

    def _respond(self, asked: Json) -> Json:
        pending = self._pending.pop(str(asked.get("request_id")), None)
        if pending is None:
            raise Failed(404, "unknown_request")
        response = asked["response"]
        if len(b64decode(response.get("body_base64", ""))) > ANSWER_BYTES_MAX:
            pending.settle(Failed(502, "response_too_large"))
            raise Failed(502, "response_too_large")
        pending.settle(response)
        return {"ok": True}

    async def _participant(self, scope: Any, path: str, headers: dict[str, str], receive: Any, send: Any) -> None:
        slug, slash, rest = path.removeprefix("/").partition("/")
        if not slug:
            raise Failed(404, "unsupported_route")
        route = self._last(slug)
        if route is None:
            raise Failed(404, "route_not_found")
        self._must_be_active(route)
        if not slash:
            await _answer_json(send, 200, {"ok": True, "route_slug": slug, "status": "active"})
            return
        is_wait = rest == "wait"
        self._guard(route, headers, scope["client"][0], is_wait=is_wait)
        finished = trio.Event()
        outcome: list[Json | Failed] = []
        route.request_count += 1
        route.wait_count += is_wait

        async def forward() -> None:  # in the broker's nursery: a participant that leaves cancels nothing
            try:
                outcome.append(await self._forward(route, scope, "/" + rest, headers, receive))
            except Failed as failed:
                outcome.append(failed)
            finally:
                route.request_count -= 1
                route.wait_count -= is_wait
                finished.set()

        self._nursery.start_soon(forward)
        await finished.wait()
        match outcome[0]:
            case Failed() as failed:
                raise failed
            case response:
                body = b64decode(response.get("body_base64", ""))
                kind = response["headers"].get("content-type")
                await _answer(send, response["status"], kind, body)

    async def _forward(
        self, route: Route01, scope: Any, path: str, headers: dict[str, str], receive: Any
    ) -> Json | Failed:
        route.last_seen_at = self.clock()
        query = scope["query_string"].decode("ascii", "replace")
        envelope: Json = {
            "request_id": _id("req_"),
            "route_slug": route.slug,
            "method": scope["method"],
            "path": f"{path}?{query}" if query else path,
            "headers": {name: headers[name] for name in PASSED if name in headers},
        }
        if scope["method"] not in ("GET", "HEAD"):
            body = await _whole(receive, BODY_BYTES_MAX, Failed(413, "request_too_large"))
            envelope["body_base64"] = b64encode(body).decode()
        request_id = envelope["request_id"]
        pending = self._pending[request_id] = Pending01(route.slug, envelope)
        self._queues[route.slug].append(request_id)
        for event, seconds in (
            (pending.claimed, self.limits.claim_seconds),
            (pending.settled, self.limits.response_seconds),
        ):
            with trio.move_on_after(seconds) as patience:
                await event.wait()
            if patience.cancelled_caught:
                self._pending.pop(request_id, None)
                raise Failed(504, "host_unavailable")
        assert pending.outcome is not None
        return pending.outcome

    def _guard(self, route: Route01, headers: dict[str, str], address: str, *, is_wait: bool) -> None:
        limits = self.limits
        if self._count("route", route.slug) > limits.requests_per_minute:
            raise Failed(429, "rate_limited")
        if "authorization" not in headers and self._count("address", address) > limits.unauthenticated_per_minute:
            raise Failed(429, "rate_limited")
        if route.request_count >= limits.requests_max:
            raise Failed(429, "route_request_limit")
        if is_wait and route.wait_count >= limits.waits_max:
            raise Failed(429, "wait_limit")

    def _count(self, kind: str, name: str) -> int:
        """This request's number in the fixed window of 60 s."""
        started, count = self._windows.get((kind, name), (self.clock(), 0))
        if self.clock() - started >= 60:
            started, count = self.clock(), 0
        self._windows[kind, name] = (started, count + 1)
        return count + 1

    def _last(self, slug: str) -> Route01 | None:
        return next((route for route in reversed(self.routes) if route.slug == slug), None)

    def _of_ids(self, asked: Json, *, is_heartbeat: bool) -> Route01:
        ids = asked.get("route_id"), asked.get("host_connection_id")
        if is_heartbeat and not all(isinstance(one, str) for one in ids):
            raise Failed(400, "invalid_heartbeat")
        for route in self.routes:
            if (route.route_id, route.host_connection_id) == ids:
                return route
        raise Failed(404, "route_not_found")

    def _must_be_active(self, route: Route01) -> None:
        status = self._status(route)
        if status != "active":
            raise Failed(410, f"route_{status}")

    def _expires_at(self, route: Route01) -> float:
        return min(route.last_seen_at + self.limits.idle_seconds, route.created_at + self.limits.life_seconds)

    def _status(self, route: Route01) -> str:
        if route.status == "active" and self.clock() >= self._expires_at(route):
            route.status = "expired"
        return route.status

    def _metadata(self, route: Route01) -> Json:
        return {
            "route_slug": route.slug,
            "route_id": route.route_id,
            "host_connection_id": route.host_connection_id,
            "created_at": _iso(route.created_at),
            "last_seen_at": _iso(route.last_seen_at),
            "expires_at": _iso(self._expires_at(route)),
            "status": self._status(route),
        }


@asynccontextmanager
async def serving_app(app: Any, *, port: int = 0) -> AsyncIterator[str]:
    """Serve `app` on loopback for as long as the context lasts; its URL. Leaving cuts every connection off."""
    listeners = bind("127.0.0.1", port, backlog=128)
    async with trio.open_nursery() as nursery:
        limits = ServingLimits(body_bytes_max=8_388_608)
        await nursery.start(Server(app, limits=limits, websockets=True).keep, listeners)
        yield f"http://127.0.0.1:{port_of(listeners)}"
        nursery.cancel_scope.cancel()


def _id(prefix: str) -> str:
    return prefix + secrets.token_urlsafe(12)


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _object(body: bytes) -> Json:
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


async def _whole(receive: Any, bytes_max: int, too_large: Failed) -> bytes:
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > bytes_max:
            raise too_large
        if not message.get("more_body", False):
            return body


def _as_http(send: Any) -> Any:
    """`send` for an answer to a handshake."""

    async def declining(message: Json) -> None:
        await send({**message, "type": message["type"].replace("http", "websocket.http")})

    return declining


async def _answer_json(send: Any, status: int, body: Json) -> None:
    await _answer(send, status, "application/json; charset=utf-8", json.dumps(body, separators=(",", ":")).encode())


async def _answer(send: Any, status: int, kind: str | None, body: bytes) -> None:
    headers = [(b"content-length", b"%d" % len(body))] if status not in (204, 304) else []
    if kind is not None:
        headers.append((b"content-type", kind.encode("latin-1")))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
