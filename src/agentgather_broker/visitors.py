"""The public side: a visitor's request goes to the host of its slug, and the answer comes back as it is written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import trio

from agentgather.serving.inspection import TARGET
from agentgather_broker.access_log import AccessLog
from agentgather_broker.away import away_page, is_navigation
from agentgather_broker.crossing import Crossing
from agentgather_broker.host_requests import HostLost, Request
from agentgather_broker.limits import Limits
from agentgather_broker.metrics import Metrics
from agentgather_broker.passing import (
    HELD_CLASSES,
    check_target,
    is_from_sandbox,
    path_class,
    preflight_headers,
    request_headers,
    split_slug,
)
from agentgather_broker.places import Places
from agentgather_broker.refusals import Refused
from agentgather_broker.registry import Registry
from agentgather_broker.replies import HTML, compact, retry_header, send_refusal, send_reply
from agentgather_broker.sink import AnswerCut, VisitorSink

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Place:
    """What a request is for. `rest` is empty when the slug alone was named."""

    slug: str
    rest: bytes
    is_own_origin: bool


@dataclass(slots=True)
class _Tally:
    """What the access log will say of a request."""

    began: float
    slug: str
    method: str
    path_class: str
    bytes_in: int = 0
    bytes_out: int = 0
    status: int = 0
    error: str | None = None


class VisitorDoor:
    """Answers every request that is not the broker's own."""

    def __init__(
        self,
        *,
        places: Places,
        registry: Registry,
        crossing: Crossing,
        limits: Limits,
        metrics: Metrics,
        access_log: AccessLog,
        request_bytes_max: int,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        self._places = places
        self._registry = registry
        self._crossing = crossing
        self._limits = limits
        self._metrics = metrics
        self._access_log = access_log
        self._request_bytes_max = request_bytes_max
        self._clock = clock

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI `http` scope of a visitor."""
        try:
            place = self._place(scope)
            if not place.rest:
                await self._probe(place, scope, send)
                return
            self._find(place.slug)
        except Refused as refused:  # a slug that is nobody's is not worth a line
            self._metrics.refused(refused.code)
            await send_refusal(send, refused)
            return
        tally = _Tally(self._clock(), place.slug, scope["method"], path_class(place.rest))
        try:
            await self._pass_on(place, tally, scope, receive, send)
        finally:
            self._write_down(tally)

    async def _pass_on(self, place: Place, tally: _Tally, scope: Any, receive: Any, send: Any) -> None:
        headers = scope["headers"]
        if not place.is_own_origin and scope["method"] == "OPTIONS" and (allowed := preflight_headers(headers)):
            tally.status = 204
            await send({"type": "http.response.start", "status": 204, "headers": allowed})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        from_sandbox = not place.is_own_origin and is_from_sandbox(headers)
        sink = VisitorSink(
            send,
            is_head=tally.method == "HEAD",
            is_own_origin=place.is_own_origin,
            is_from_sandbox=from_sandbox,
            public_url=self._places.public_url(place.slug),
        )
        is_held = tally.path_class in HELD_CLASSES
        stranger = None if any(name == b"authorization" for name, _ in headers) else self._places.visitor(scope)
        try:
            with self._limits.entering(place.slug, stranger=stranger, is_wait=is_held, now=self._clock()):
                passed = request_headers(
                    headers, is_own_origin=place.is_own_origin, public_origin=self._places.public_origin(place.slug)
                )
                body = await self._body(receive, headers)
                tally.bytes_in = len(body)
                request = Request(tally.method, place.rest, passed, body, is_held)
                await self._crossing.relay(place.slug, request, sink)
        except Refused as refused:
            tally.status, tally.error = refused.status, refused.code
            self._metrics.refused(refused.code)
            if sink.has_begun:
                raise AnswerCut from None
            if refused.code == "host_unavailable" and is_navigation(scope):
                await send_reply(send, refused.status, away_page(), content_type=HTML, headers=retry_header(refused))
            else:
                await send_refusal(send, refused, headers=_for_sandbox() if from_sandbox else ())
        except HostLost:
            tally.error = "host_unavailable"
            raise AnswerCut from None
        finally:
            tally.status = tally.status or sink.status
            tally.bytes_out = sink.bytes_sent

    def _place(self, scope: Any) -> Place:
        """What the request is for. Raises Refused for a target that is for nobody."""
        target: bytes = scope["extensions"][TARGET]
        slug = self._places.slug_of_host(scope)
        if slug is not None:
            check_target(target)
            return Place(slug, target, True)
        slug, rest = split_slug(target)
        if not slug:
            raise Refused("unsupported_route", "this is a broker of rooms; use the URL of your invitation")
        return Place(slug, rest, False)

    def _find(self, slug: str) -> None:
        """Raise Refused unless the slug has a route, or is kept for a host that may come back."""
        route = self._registry.routes.find(slug, now=self._registry.now)
        if route is not None:
            self._registry.routes.touch(route, now=self._registry.now)

    async def _probe(self, place: Place, scope: Any, send: Any) -> None:
        """A slug alone: whether its room is there. A browser is led to the page."""
        self._find(place.slug)
        if is_navigation(scope):
            await send_reply(send, 308, b"", headers=[(b"location", f"/{place.slug}/".encode())])
            return
        is_here = self._crossing.host_of(place.slug) is not None
        status = "active" if is_here else "away"
        await send_reply(send, 200, compact({"ok": True, "route_slug": place.slug, "status": status}))

    async def _body(self, receive: Any, headers: Any) -> bytes:
        """The request's body, whole. Raises Refused `request_too_large`."""
        for name, value in headers:
            if name == b"content-length" and int(value) > self._request_bytes_max:
                raise self._too_large()
        pieces, count = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise AnswerCut
            pieces.append(message["body"])
            count += len(message["body"])
            if count > self._request_bytes_max:
                raise self._too_large()
            if not message["more_body"]:
                return b"".join(pieces)

    def _too_large(self) -> Refused:
        return Refused("request_too_large", f"a request's body has at most {self._request_bytes_max} bytes here")

    def _write_down(self, tally: _Tally) -> None:
        seconds = self._clock() - tally.began
        self._metrics.answered(
            tally.path_class, tally.status, seconds=seconds, bytes_in=tally.bytes_in, bytes_out=tally.bytes_out
        )
        self._access_log.write(
            route_hash=self._places.hash_of(tally.slug),
            method=tally.method,
            path_class=tally.path_class,
            status=tally.status,
            duration_ms=round(seconds * 1000, 1),
            bytes_in=tally.bytes_in,
            bytes_out=tally.bytes_out,
            error=tally.error,
        )


def _for_sandbox() -> list[tuple[bytes, bytes]]:
    """A page without an origin may read a refusal too: it has to tell its reader."""
    return [(b"access-control-allow-origin", b"null"), (b"vary", b"origin")]
