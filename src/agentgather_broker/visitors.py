"""The public side: a visitor's request goes to the host of its slug, and the answer comes back as it is written."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any
from weakref import WeakValueDictionary

import trio

from agentgather.serving.inspection import TARGET
from agentgather_broker.access_log import AccessLog
from agentgather_broker.away import is_navigation, page_policy, refusal_page
from agentgather_broker.crossing import Crossing
from agentgather_broker.host_requests import HostLost, Request
from agentgather_broker.limits import Limits
from agentgather_broker.metrics import Metrics
from agentgather_broker.passing import (
    HELD_CLASSES,
    READABLE_REFUSAL,
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
    """Answers every request that is not the broker's own.

    `files_max` of one room's page are asked of its host at once, and the others wait in line: behind a proxy that speaks
    HTTP/2 a browser asks for all hundred at once, which is more than a route may.
    """

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
        files_max: int,
        clock: Callable[[], float] = trio.current_time,
    ) -> None:
        self._places = places
        self._registry = registry
        self._crossing = crossing
        self._limits = limits
        self._metrics = metrics
        self._access_log = access_log
        self._request_bytes_max = request_bytes_max
        self._files_max = files_max
        self._clock = clock
        self._lines: WeakValueDictionary[str, trio.CapacityLimiter] = WeakValueDictionary()  # of who waits or is served

    def is_of_a_rooms_own_origin(self, scope: Any) -> bool:
        """Whether a request is for a room by its host name alone: no path there is the broker's own."""
        return self._places.slug_of_host(scope) is not None

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI `http` scope of a visitor."""
        place: Place | None = None
        try:
            place = self._place(scope)
            if await _is_preflight(place, scope, send):
                return
            if not place.rest:
                await self._probe(place, scope, send)
                return
            self._find(place.slug)
        except Refused as refused:  # a slug that is nobody's is not worth a line
            self._metrics.refused(refused.code)
            await _refuse(place, refused, scope, send)
            return
        tally = _Tally(self._clock(), place.slug, scope["method"], path_class(place.rest))
        try:
            await self._pass_on(place, tally, scope, receive, send)
        finally:
            self._write_down(tally)

    async def _pass_on(self, place: Place, tally: _Tally, scope: Any, receive: Any, send: Any) -> None:
        headers = scope["headers"]
        sink = VisitorSink(
            send,
            is_head=tally.method == "HEAD",
            is_own_origin=place.is_own_origin,
            is_from_sandbox=not place.is_own_origin and is_from_sandbox(headers),
            public_url=self._places.public_url(place.slug),
        )
        is_held = tally.path_class in HELD_CLASSES
        stranger = None if any(name == b"authorization" for name, _ in headers) else self._places.visitor(scope)
        is_file = tally.path_class == "asset"
        try:
            body = await self._body(receive, headers)  # first: who is slow to say it takes up no place in the room
            tally.bytes_in = len(body)
            passed = request_headers(
                headers, is_own_origin=place.is_own_origin, public_origin=self._places.public_origin(place.slug)
            )
            request = Request(tally.method, place.rest, passed, body, is_held)
            async with self._line_for_files(place.slug) if is_file else nullcontext():
                with self._limits.entering(
                    place.slug, stranger=stranger, is_wait=is_held, is_file=is_file, now=self._clock()
                ):
                    await self._crossing.relay(place.slug, request, sink)
        except Refused as refused:
            tally.status, tally.error = refused.status, refused.code
            self._metrics.refused(refused.code)
            if sink.has_begun:
                raise AnswerCut from None
            await _refuse(place, refused, scope, send)
        except HostLost:
            tally.error = "host_unavailable"
            raise AnswerCut from None
        finally:
            tally.status = tally.status or sink.status
            tally.bytes_out = sink.bytes_sent

    def _line_for_files(self, slug: str) -> trio.CapacityLimiter:
        """Where the files of a room's page wait for their turn. One that is refused leaves a page that does not work."""
        return self._lines.setdefault(slug, trio.CapacityLimiter(self._files_max))

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
        body = bytearray()  # and no list of pieces: single bytes would cost many times what they are
        while True:
            message = await receive()
            if message["type"] != "http.request":
                raise AnswerCut
            body += message["body"]
            if len(body) > self._request_bytes_max:
                raise self._too_large()
            if not message["more_body"]:
                return bytes(body)

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


async def _is_preflight(place: Place, scope: Any, send: Any) -> bool:
    """Whether a browser only wanted to know if a sandboxed page may ask: then it was told, whatever becomes of the request."""
    if place.is_own_origin or scope["method"] != "OPTIONS" or not (allowed := preflight_headers(scope["headers"])):
        return False
    await send({"type": "http.response.start", "status": 204, "headers": allowed})
    await send({"type": "http.response.body", "body": b"", "more_body": False})
    return True


async def _refuse(place: Place | None, refused: Refused, scope: Any, send: Any) -> None:
    """Say no: to a person by a page, to a page without an origin so that it may read it and tell its reader."""
    is_own_origin = place is not None and place.is_own_origin
    if is_navigation(scope):
        page, policy, retry = refusal_page(refused), page_policy(is_own_origin=is_own_origin), retry_header(refused)
        await send_reply(send, refused.status, page, content_type=HTML, headers=retry, policy=policy)
    else:
        is_shared = not is_own_origin and is_from_sandbox(scope["headers"])
        await send_refusal(send, refused, headers=READABLE_REFUSAL if is_shared else ())
