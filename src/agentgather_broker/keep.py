"""The composition root of the broker: its settings become doors, and an order to leave in."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import trio

from agentgather.serving.connection import LAST_REQUEST_SECONDS
from agentgather.serving.ground import MACHINE, Ground
from agentgather.serving.limits import ServingLimits
from agentgather.serving.server import Server, port_of
from agentgather_broker.access_log import AccessLog
from agentgather_broker.addresses import networks
from agentgather_broker.admin import keep_admin
from agentgather_broker.admission import Admission
from agentgather_broker.app import BrokerApp
from agentgather_broker.crossing import Crossing, away
from agentgather_broker.desk import Desk
from agentgather_broker.hosts import LinkDoor
from agentgather_broker.keys import KeyList
from agentgather_broker.limits import Limits
from agentgather_broker.metrics import Metrics
from agentgather_broker.old_hosts import OldHosts, respond_bytes_max
from agentgather_broker.places import Places
from agentgather_broker.registry import Registry
from agentgather_broker.replies import OWN_HEADERS
from agentgather_broker.routes import Route, Routes, over
from agentgather_broker.shape import BrokerSettings
from agentgather_broker.visitors import VisitorDoor

log = logging.getLogger(__name__)

ID_BYTES = 12
CONNECTIONS_MAX = 16_384  # visitors' proxies keep many idle ones; the open files of the system bound them too
MESSAGE_BYTES_MAX = 1_048_576  # of a host's WebSocket
GOODBYE_SECONDS = 3.0  # after the drain: for the last answers to leave


@dataclass(slots=True)
class Broker:
    """A broker that serves. `stop` asks it to leave in order."""

    url: str
    port: int  # where it listens
    desk: Desk
    keys: KeyList
    _stopped: trio.Event = field(default_factory=trio.Event)

    @property
    def is_stopping(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()

    async def stopped(self) -> None:
        await self._stopped.wait()


async def keep_broker(
    settings: BrokerSettings,
    *,
    access_lines: Callable[[str], None],
    ground: Ground = MACHINE,
    task_status: trio.TaskStatus[Broker] = trio.TASK_STATUS_IGNORED,
) -> None:
    """Serve until the broker is told to stop or this is cancelled.

    Raises, before anything is served, what `bind`, `read_leases` and `KeyList.load` raise. Leaves in order: nobody new is
    taken, hosts are sent to whoever comes after us, answers are finished within `drain_seconds`, what is left is refused.
    """
    keys = KeyList(Path(settings.keys_file) if settings.keys_file else None)
    keys.load()
    relay = settings.relay
    body_bytes_max = MESSAGE_BYTES_MAX + respond_bytes_max(relay.response_bytes_max)  # so that the door itself says no
    serving = ServingLimits(body_bytes_max=body_bytes_max, connections_max=CONNECTIONS_MAX)
    listeners = ground.listen(
        settings.host, settings.port, backlog=serving.backlog, is_shared=True, beside=settings.takeover
    )
    url = settings.public_url or _url(settings.host, port_of(listeners))
    places = Places(
        url,
        wildcard_domain=settings.wildcard_domain,
        trusted=networks(settings.trusted_proxies),
        secret=ground.random_bytes(32),
    )
    metrics = Metrics()
    crossing = Crossing(park_seconds=relay.park_seconds, park_max=relay.park_max, park_bytes_max=relay.park_bytes_max)
    limits = Limits(settings.routes, relay)
    admission = Admission(settings.registration or "open", keys, settings.allow_unkeyed)
    registry = Registry(
        Routes(settings.routes, mint=lambda prefix: _mint(prefix, ground)),
        state_file=Path(settings.state_file) if settings.state_file else None,
        on_over=lambda route: _end(route, links=links, old_hosts=old_hosts, crossing=crossing),
        is_successor=settings.takeover,
        clock=ground.clock,
        run_blocking=ground.run_blocking,
    )
    try:
        await registry.restore()
    except BaseException:
        for listener in listeners:
            listener.socket.close()
        raise
    links = LinkDoor(
        settings,
        places=places,
        admission=admission,
        registry=registry,
        crossing=crossing,
        limits=limits,
        metrics=metrics,
        random_bytes=ground.random_bytes,
    )
    old_hosts = OldHosts(
        settings, places=places, admission=admission, registry=registry, crossing=crossing, limits=limits
    )
    visitors = VisitorDoor(
        places=places,
        registry=registry,
        crossing=crossing,
        limits=limits,
        metrics=metrics,
        access_log=AccessLog(access_lines),
        request_bytes_max=settings.routes.request_bytes_max,
        files_max=settings.routes.files_max,
    )
    metrics.watch("routes", "Routes that are live.", lambda: len(registry.routes))
    metrics.watch("held_waits", "Waits and streams that are held.", lambda: limits.held_waits)
    metrics.watch("parked_requests", "Requests that wait for their host.", lambda: crossing.parked_count)
    app = BrokerApp(links=links, old_hosts=old_hosts, visitors=visitors, crossing=crossing)
    server = Server(app, limits=serving, refusal_headers=_texts(OWN_HEADERS), websockets=True)
    desk = Desk(registry=registry, crossing=crossing, keys=keys, metrics=metrics, streams_of=links.streams_of)
    broker = Broker(url, port_of(listeners), desk, keys)
    async with trio.open_nursery() as tasks:
        tasks.start_soon(registry.keep_expiring)
        if settings.admin_socket:
            await tasks.start(partial(keep_admin, takeover=settings.takeover), desk, Path(settings.admin_socket))
        async with trio.open_nursery() as doors:
            await doors.start(server.keep, listeners)
            log.info("serving", extra={"event": "serving", "url": url})
            task_status.started(broker)
            await broker.stopped()
            registry.leave()
            doors.start_soon(partial(server.drain, grace_seconds=settings.drain_seconds + GOODBYE_SECONDS))
            links.close()
            old_hosts.leave_all(refusal=away())  # their next connection is refused: no answer of theirs would arrive
            await trio.sleep(LAST_REQUEST_SECONDS)  # who came here before we closed the door is still relayed
            links.drain()
            crossing.close()
            with trio.move_on_after(settings.drain_seconds):
                await links.emptied()
            links.leave_all("leaving", "this broker is leaving; come again", refusal=away())
        tasks.cancel_scope.cancel()
    log.info("stopped", extra={"event": "stopped"})


def _end(route: Route, *, links: LinkDoor, old_hosts: OldHosts, crossing: Crossing) -> None:
    """A route is over: its host and everybody who waits for it hear so."""
    refusal = over(route.status)
    links.end_route(route, refusal)
    old_hosts.end_route(route, refusal)
    crossing.dismiss(route.slug)


def _mint(prefix: str, ground: Ground) -> str:
    return prefix + urlsafe_b64encode(ground.random_bytes(ID_BYTES)).rstrip(b"=").decode()


def _texts(headers: tuple[tuple[bytes, bytes], ...]) -> list[tuple[str, str]]:
    return [(name.decode(), value.decode()) for name, value in headers]


def _url(host: str, port: int) -> str:
    """Where a broker without a public URL is reached from this machine."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    return f"http://[{shown}]:{port}" if ":" in shown else f"http://{shown}:{port}"
