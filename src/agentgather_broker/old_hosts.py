"""The doors for hosts of 0.1, which have no link: they register, give signs of life, and ask for requests one at a time.

They have no key either. A slug is theirs by the two ids they were given, a slug of somebody with a key never; and a target
is always refused, for a broker dials nobody. Contract section 6.2, with polls that are held instead of spun.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import trio

from agentgather_broker.admission import Admission, check_no_page
from agentgather_broker.crossing import Crossing
from agentgather_broker.limits import Limits
from agentgather_broker.places import Places
from agentgather_broker.polled_host import Patience, PolledHost
from agentgather_broker.refusals import Refused
from agentgather_broker.registry import Registry
from agentgather_broker.replies import compact, send_refusal, send_reply
from agentgather_broker.routes import Route, over
from agentgather_broker.shape import BrokerSettings
from agentgather_broker.slugs import check_slug

CONTROL_BYTES_MAX = 16_000  # of a body; the contract's
ENVELOPE_BYTES = 16_000  # of a response's JSON beside the base64 of its body; the contract's
LARGE_BODIES_MAX = 64  # read at once: strangers may send them too, and each takes up to 1.4 MB
POLL_SECONDS = 5.0  # a poll is held: far below what any proxy or client cuts off
ENDED_MAX = 1_000  # routes whose hosts still hear how they ended

Fields = Mapping[str, Any]
Action = Callable[[Any, Any, Any], Awaitable[None]]


class OldHosts:
    """`POST /_host/register|heartbeat|poll|respond|close`."""

    def __init__(
        self,
        settings: BrokerSettings,
        *,
        places: Places,
        admission: Admission,
        registry: Registry,
        crossing: Crossing,
        limits: Limits,
        patience: Patience | None = None,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self._settings = settings
        self._places = places
        self._admission = admission
        self._registry = registry
        self._crossing = crossing
        self._limits = limits
        self._patience = patience or Patience(response_seconds=settings.relay.response_seconds)
        self._poll_seconds = poll_seconds
        self._respond_bytes_max = respond_bytes_max(settings.relay.response_bytes_max)
        self._large_bodies = trio.CapacityLimiter(LARGE_BODIES_MAX)
        self._hosts: dict[str, PolledHost] = {}  # by route id
        self._ended: dict[str, tuple[PolledHost, Refused]] = {}
        self._actions: dict[bytes, Action] = {
            b"/_host/register": self._register,
            b"/_host/heartbeat": self._heartbeat,
            b"/_host/poll": self._poll,
            b"/_host/respond": self._respond,
            b"/_host/close": self._close,
        }

    @property
    def paths(self) -> set[bytes]:
        return set(self._actions)

    @property
    def host_count(self) -> int:
        return len(self._hosts)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI `http` scope of whatever is asked below `/_host/`, the link excepted."""
        if scope["method"] != "POST":
            refused = Refused(
                "unsupported_route", "this is for hosts, who ask by POST; visitors use the URL of a room", status=405
            )
            await send_refusal(send, refused, headers=[(b"allow", b"POST")])
            return
        try:
            check_no_page(scope)
            action = self._actions.get(scope["raw_path"])
            if action is None:
                raise Refused("unsupported_route", "a host registers, sends heartbeats, polls, responds and closes")
            await action(scope, receive, send)
        except Refused as refused:
            await send_refusal(send, refused)

    def end_route(self, route: Route, refusal: Refused) -> None:
        """The route is over: its host and its visitors hear why."""
        host = self._hosts.pop(route.route_id, None)
        if host is None:
            return
        self._ended[route.route_id] = host, refusal
        while len(self._ended) > ENDED_MAX:
            del self._ended[next(iter(self._ended))]
        self._crossing.depart(route.slug, host)
        host.leave(refusal)

    def leave_all(self, *, refusal: Refused) -> None:
        """Let everybody who still waits hear `refusal`."""
        for host in list(self._hosts.values()):
            self.end_route(host.route, refusal)

    async def _register(self, scope: Any, receive: Any, send: Any) -> None:
        fields = await _fields(receive, bytes_max=CONTROL_BYTES_MAX)
        self._admission.check_unkeyed()
        if fields.get("target") is not None:
            raise Refused(
                "invalid_registration",
                "this broker dials nobody, so a registration has no target: keep the tunnel open with `tunnel run`",
            )
        slug = fields.get("route_slug")
        check_slug(slug if isinstance(slug, str) else "", is_label=self._places.has_own_origins)
        address = self._places.visitor(scope)
        self._limits.attempt_link(address, now=trio.current_time())
        self._forget_lapsed()
        if sum(host.address == address for host in self._hosts.values()) >= self._settings.relay.links_per_key_max:
            raise Refused(
                "link_limit", "your address has as many rooms here as it may; close one", retry_after_seconds=5
            )
        route = self._registry.routes.register(str(slug), None, now=self._registry.now)  # leaves no lease to save
        host = PolledHost(
            route,
            address=address,
            response_bytes_max=self._settings.relay.response_bytes_max,
            patience=self._patience,
        )
        self._hosts[route.route_id] = host
        self._crossing.arrive(route.slug, host)
        is_said = False
        try:
            await _answer(send, {"ok": True, "route": route.metadata()})
            is_said = True
        finally:
            if not is_said:  # nobody knows the ids, and the slug is not to be kept from whoever asks again
                self._registry.routes.close(route, now=self._registry.now)
                self.end_route(route, over("closed"))

    async def _heartbeat(self, _scope: Any, receive: Any, send: Any) -> None:
        fields = await _fields(receive, bytes_max=CONTROL_BYTES_MAX)
        if not all(isinstance(fields.get(name), str) for name in ("route_id", "host_connection_id")):
            raise Refused("invalid_heartbeat", "a heartbeat names `route_id` and `host_connection_id`, as registered")
        host = self._living(fields)
        self._is_back(host)
        await _answer(send, {"ok": True, "route": host.route.metadata()})

    async def _poll(self, _scope: Any, receive: Any, send: Any) -> None:
        fields = await _fields(receive, bytes_max=CONTROL_BYTES_MAX)
        host = self._living(fields)
        self._is_back(host)
        call = await host.next_call(hold_seconds=self._poll_seconds)
        if call is None:
            await _answer(send, {"ok": True, "request": None})
            return
        is_handed = False
        try:
            await _answer(send, {"ok": True, "request": host.envelope(call)})
            is_handed = True
        finally:
            if not is_handed:
                host.unclaim(call)

    async def _respond(self, _scope: Any, receive: Any, send: Any) -> None:
        if not self._hosts and not self._ended:  # nobody whose responses we would read a megabyte for
            raise Refused("route_not_found", "no route has these ids; register again")
        async with self._large_bodies:
            fields = await _fields(receive, bytes_max=self._respond_bytes_max)
        host = self._named(fields)
        host.respond(fields.get("request_id"), fields.get("response"))
        await _answer(send, {"ok": True})

    async def _close(self, _scope: Any, receive: Any, send: Any) -> None:
        fields = await _fields(receive, bytes_max=CONTROL_BYTES_MAX)
        host = self._named(fields)
        if host.route.route_id in self._hosts:
            await self._registry.close(host.route)
            self.end_route(host.route, over("closed"))  # unless whoever the registry told has done it already
        await _answer(send, {"ok": True, "route_slug": host.route.slug, "status": "closed"})

    def _is_back(self, host: PolledHost) -> None:
        """A sign of life: the route stays, and who was given up answers for it again."""
        host.seen()
        self._registry.routes.touch(host.route, now=self._registry.now)
        if self._crossing.host_of(host.route.slug) is None:
            self._crossing.arrive(host.route.slug, host)

    def _living(self, fields: Fields) -> PolledHost:
        """The host of a live route, by its two ids. Raises Refused `route_not_found`, `route_closed`, `route_expired`."""
        host = self._named(fields)
        try:
            is_own = self._registry.routes.find(host.route.slug, now=self._registry.now) is host.route
        except Refused as refused:
            self.end_route(host.route, refused)
            raise
        if not is_own:
            self.end_route(host.route, over("expired"))
        if host.route.route_id in self._ended:
            raise self._ended[host.route.route_id][1]
        return host

    def _named(self, fields: Fields) -> PolledHost:
        """The host with these ids, its route live or not. Raises Refused `route_not_found`."""
        route_id, connection_id = fields.get("route_id"), fields.get("host_connection_id")
        if isinstance(route_id, str) and isinstance(connection_id, str):
            host = self._hosts.get(route_id) or self._ended.get(route_id, (None,))[0]
            if host is not None and hmac.compare_digest(
                host.connection_id.encode(), connection_id.encode("utf-8", "replace")
            ):
                return host
        raise Refused("route_not_found", "no route has these ids; register again")

    def _forget_lapsed(self) -> None:
        """End hosts whose routes lapsed when somebody looked at them."""
        for host in list(self._hosts.values()):
            if host.route.status != "active":
                self.end_route(host.route, over(host.route.status))


def respond_bytes_max(response_bytes_max: int) -> int:
    """The largest body that comes to these doors: what the server before them has to let through."""
    return -(-response_bytes_max * 4 // 3) + ENVELOPE_BYTES


async def _fields(receive: Any, *, bytes_max: int) -> Fields:
    """The JSON object of a body; an empty one for whatever is none, as 0.1 has it. Raises Refused beyond `bytes_max`."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return {}
        body += message["body"]
        if len(body) > bytes_max:
            raise Refused("invalid_registration", f"the body has at most {bytes_max} bytes here", status=413)
        if not message["more_body"]:
            break
    try:
        value = json.loads(bytes(body))
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


async def _answer(send: Any, fields: Fields) -> None:
    await send_reply(send, 200, compact(fields))
