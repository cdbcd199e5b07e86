"""Two rooms in one real daemon, published through one real broker: the room that is asked, and its neighbour."""

from __future__ import annotations

import html
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import httpx
import trio
from tests.broker.brokers import RunningBroker, keep_running, quick_settings
from tests.rooms import Guest, create

from agentgather.keep import Daemon, keep_daemon
from agentgather.room.limits import RoomLimits
from agentgather.settings.shape import DaemonSettings, Settings, TunnelSettings
from agentgather.store.home import Home
from proofs.proof import Disproved

SLUG = "harbor"
PATIENCE_SECONDS = 60
# Limits are for another proof: nobody here may be refused for asking often.
ROOM_LIMITS = RoomLimits(
    posts_per_minute=10**6,
    writes_per_minute=10**6,
    acks_per_minute=10**6,
    loop_posts_max=10**6,
    held_waits_max=1_000,
    contract_checks_per_minute=10**6,
    leases_each_max=10**6,
    leased_globs_max=10**6,
)


@dataclass
class Building:
    """`doors` are the URLs at which the room is reached, by name. `host` and `neighbour` are the hosts of the two rooms."""

    home: Path
    daemon: Daemon
    broker: RunningBroker
    host: Guest
    neighbour: Guest
    client: httpx.AsyncClient = field(repr=False)

    @property
    def doors(self) -> dict[str, str]:
        return {"directly": self.host.url, "through the broker": f"{self.broker.url}/{SLUG}/lab"}

    async def reading_pass(self) -> str:
        """A pass to read the room's transcript on, as its host would get it."""
        form = {"token": self.host.token, "before_id": "2"}
        page = await self.client.post(f"{self.host.url}/transcript.html", data=form)
        match = re.search(r'name="pass" value="([^"]+)"', page.text)
        if match is None:
            raise Disproved(f"no pass to read on: {page.status_code}")
        return html.unescape(match[1])


@asynccontextmanager
async def built(folder: Path) -> AsyncIterator[Building]:
    """Both rooms and the broker, until the context ends."""
    home = folder / "home"
    seats = [create(home, name=name) for name in ("lab", "annex")]
    state_file = str(folder / "leases.json")
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client, trio.open_nursery() as nursery:
        broker: RunningBroker = await nursery.start(keep_running, quick_settings(state_file=state_file))
        settings = Settings(
            room=ROOM_LIMITS,
            daemon=DaemonSettings(port=0, drain_seconds=3),
            tunnel=TunnelSettings(broker_url=broker.url, subdomain=SLUG),
        )
        rooms = [seat.room for seat in seats]
        daemon: Daemon = await nursery.start(partial(keep_daemon, Home(home), rooms, settings, is_mounted=True))
        hosts = [Guest(daemon.url_of(seat.room), seat.alias, seat.token, client) for seat in seats]
        yield Building(home, daemon, broker, *hosts, client)
        daemon.stop()
        await broker.stop()
