"""The host side: a link is greeted, its slug registered, and it is kept until it breaks."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import Any

import trio

from agentgather.serving.wire import ClientGone
from agentgather.wire.control import NONCE_BYTES
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Refused as RefusedFrame
from agentgather.wire.frames import Registered
from agentgather.wire.link import BrokerEnd
from agentgather_broker.admission import Admission, check_no_page
from agentgather_broker.crossing import Crossing
from agentgather_broker.handshake import greet, send_all
from agentgather_broker.host_link import LinkedHost
from agentgather_broker.limits import Limits
from agentgather_broker.link_socket import LinkSocket
from agentgather_broker.metrics import Metrics
from agentgather_broker.places import Places
from agentgather_broker.refusals import Refused
from agentgather_broker.registry import Registry
from agentgather_broker.replies import send_refusal
from agentgather_broker.routes import Route
from agentgather_broker.shape import BrokerSettings

log = logging.getLogger(__name__)

SUBPROTOCOL = "agentgather.tunnel.v1"


class LinkDoor:
    """`GET /_host/link`. The one supervision point of a link: whatever its host does ends here."""

    def __init__(
        self,
        settings: BrokerSettings,
        *,
        places: Places,
        admission: Admission,
        registry: Registry,
        crossing: Crossing,
        limits: Limits,
        metrics: Metrics,
        random_bytes: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        self._settings = settings
        self._places = places
        self._admission = admission
        self._registry = registry
        self._crossing = crossing
        self._limits = limits
        self._metrics = metrics
        self._random_bytes = random_bytes
        self._links: dict[LinkedHost, Route] = {}
        self.is_draining = False

    async def answer(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI `websocket` scope of a link."""
        address = self._places.visitor(scope)
        try:
            self._check_handshake(scope)
            self._limits.attempt_link(address, now=trio.current_time())
        except Refused as refused:
            self._metrics.refused(refused.code)
            await send_refusal(send, refused, kind="websocket.http.response")
            return
        await receive()  # websocket.connect
        await send({"type": "websocket.accept", "subprotocol": SUBPROTOCOL})
        end, socket = BrokerEnd(), LinkSocket(receive, send)
        try:
            await self._serve(end, socket, address=address, dialled=self._places.dialled(scope))
        except Refused as refused:
            self._metrics.refused(refused.code)
            end.refuse(RefusedFrame(refused.code, refused.message, refused.retry_after_seconds))
            await send_all(end, socket)
        except PeerBroke:
            self._metrics.link_ended("handshake")
            await send_all(end, socket)
        except ClientGone:
            self._metrics.link_ended("lost")
        else:
            await send({"type": "websocket.close", "code": 1000})

    async def _serve(self, end: BrokerEnd, socket: LinkSocket, *, address: str, dialled: str) -> None:
        """From the first frame to the last. Raises Refused and PeerBroke of the handshake, ClientGone."""
        with trio.move_on_after(self._settings.relay.handshake_seconds) as patience:
            greeted = await greet(
                end,
                socket,
                admission=self._admission,
                places=self._places,
                dialled=dialled,
                nonce=self._random_bytes(NONCE_BYTES),
            )
        if patience.cancelled_caught:
            raise PeerBroke("the handshake took too long")
        if self._registry.routes.is_lease_of(greeted.slug, greeted.fingerprint, now=self._registry.now):
            # An honest host on a bad network comes back as often as it has to; new names stay counted.
            self._limits.refund_link(address, now=trio.current_time())
        with self._limits.link_of(greeted.fingerprint):
            route = await self._registry.register(greeted.slug, greeted.fingerprint)
            end.register(
                Registered(
                    route.metadata(),
                    self._places.public_url(route.slug),
                    self._settings.announced_limits(),
                    self._settings.relay.heartbeat_seconds,
                )
            )
            await self._keep(end, socket, route)

    async def _keep(self, end: BrokerEnd, socket: LinkSocket, route: Route) -> None:
        """Let the host of `route` answer for it until the link ends."""
        slug = route.slug
        host = LinkedHost(
            end,
            send=socket.send,
            receive=socket.receive,
            limits=self._settings.relay,
            on_drain=lambda: self._depart(slug, host),
            on_life=lambda: self._registry.routes.touch(route, now=self._registry.now),
        )
        self._links[host] = route
        self._metrics.links(len(self._links))
        self.replace(self._crossing.arrive(slug, host))
        log.info("link up", extra={"event": "link_up", "route": self._places.hash_of(slug)})
        try:
            await host.keep()
        finally:
            self._depart(slug, host)
            del self._links[host]
            self._metrics.links(len(self._links))
            self._metrics.link_ended(host.reason)
            route_hash = self._places.hash_of(slug)
            log.info("link down", extra={"event": "link_down", "route": route_hash, "reason": host.reason})
        if host.has_closed_route:
            await self._registry.close(route)

    def _depart(self, slug: str, host: LinkedHost) -> None:
        self._crossing.depart(slug, host)

    @staticmethod
    def replace(before: object) -> None:
        """Send the link away that another one of the same key has replaced; its visitors go on there."""
        if isinstance(before, LinkedHost):
            before.leave("replaced", "the same key opened another link for this slug")

    def streams_of(self, slug: str) -> int:
        """How many visitors of `slug` are being answered."""
        return sum(host.stream_count for host, route in self._links.items() if route.slug == slug)

    def end_route(self, route: Route, refusal: Refused) -> None:
        """The route is over: its links end, and their visitors hear why."""
        for host, own in list(self._links.items()):
            if own.route_id == route.route_id:
                host.leave(refusal.code, refusal.message, refusal=refusal)

    def close(self) -> None:
        """Take no new link."""
        self.is_draining = True

    def drain(self) -> None:
        """Tell every host to come back on another link, at a broker that is not leaving, while we finish what runs here."""
        for host in list(self._links):
            host.drain()

    async def emptied(self) -> None:
        """Return once nobody is being answered over any link."""
        for host in list(self._links):
            await host.emptied()

    def leave_all(self, reason: str, message: str, *, refusal: Refused) -> None:
        for host in list(self._links):
            host.leave(reason, message, refusal=refusal)

    def _check_handshake(self, scope: Any) -> None:
        if self.is_draining:
            raise Refused("host_unavailable", "this broker is leaving; come again", status=503, retry_after_seconds=1)
        check_no_page(scope)
        if SUBPROTOCOL not in scope["subprotocols"]:
            raise Refused("unsupported_route", f"a link speaks the subprotocol {SUBPROTOCOL}")
