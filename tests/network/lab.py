"""A room, published through a broker, as real processes, with a network between them that breaks on demand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import httpx
import trio

from agentgather.store.home import Home
from agentgather.wire.frames import Refused
from tests.broker.brokers import hand_host
from tests.cli.terminal import tell
from tests.network.namespaces import Cable, cable
from tests.network.staff import Staff, Worker, staffed
from tests.network.stalling import StallingProxy, stalling_proxy, to_loopback
from tests.network.visitors import Poster, Visitor, Waiter
from tests.ports import free_port

HEARTBEAT_SECONDS = 1.0
SLUG = "lab"
WITHIN_SECONDS = 20.0  # for what has to happen by itself

ROOMY_BROKER = {
    "AGENTGATHER_BROKER_HEARTBEAT_SECONDS": str(HEARTBEAT_SECONDS),
    "AGENTGATHER_BROKER_REGISTRATION": "open",
    "AGENTGATHER_BROKER_REQUESTS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_REQUESTS_MAX": "1000",
    "AGENTGATHER_BROKER_WAITS_MAX": "1000",
    "AGENTGATHER_BROKER_PARK_MAX": "1000",
}
ROOMY_ROOM = {
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_LOOP_POSTS_MAX": "1000000",
}
"""A laboratory's visitors are many and busy. No other limit is changed."""

AnyVisitor = TypeVar("AnyVisitor", bound=Visitor)


@dataclass
class Lab:
    """Everything but the network between host and broker. Visitors reach the broker without it."""

    folder: Path
    staff: Staff
    broker: Worker
    host: Worker
    broker_url: str  # for visitors
    dialled_url: str  # for hosts
    local_url: str = ""  # of the room, for us

    @property
    def home(self) -> Path:
        return self.host.home

    @property
    def public_url(self) -> str:
        """Where visitors reach the room."""
        return f"{self.broker_url}/{SLUG}"

    def hire_successor(self) -> Worker:
        """A broker that will stand beside the one that serves, at the same port, and then in its place."""
        words = tuple(dict.fromkeys((*self.broker.words, "--takeover")))
        return self.staff.hire("successor", self.broker.home, *words, environ=self.broker.environ)

    def hire_tunnel(self) -> Worker:
        """What publishes the host's room from beside it."""
        words = ("tunnel", "run", "--broker", self.dialled_url, "--subdomain", SLUG, "--json")
        return self.staff.hire("tunnel", self.home, *words)

    async def invited(self, kind: type[AnyVisitor], count: int, *, name: str) -> list[AnyVisitor]:
        """Somebody new at the public URL, `count` times."""
        seat = Home(self.home).current()
        assert seat is not None
        headers = {"Authorization": f"Bearer {seat.token}"}
        came = []
        async with httpx.AsyncClient(headers=headers, trust_env=False, timeout=30) as client:
            for number in range(count):
                body = {"alias": f"{name}{number}", "kind": "human"}
                answer = await client.post(f"{self.local_url}/invites", json=body)
                assert answer.is_success, answer.text
                came.append(kind(self.public_url, body["alias"], answer.json()["token"]))
        return came

    async def posters(self, count: int = 2) -> list[Poster]:
        return await self.invited(Poster, count, name="poster")

    async def waiters(self, count: int = 8) -> list[Waiter]:
        return await self.invited(Waiter, count, name="waiter")

    async def all_held(self, count: int) -> None:
        """Return once `count` waits are held at the broker."""
        with trio.fail_after(WITHIN_SECONDS):
            while (await self.held_count()) < count:
                await trio.sleep(0.02)

    async def held_count(self) -> int:
        return await gauge(admin_socket_of(self.broker), "held_waits")

    async def first_answer(self) -> float:
        """The seconds from now to the first answer to a visitor, who asks until there is one."""
        seat = Home(self.home).current()
        assert seat is not None
        visitor = Visitor(self.public_url, seat.alias, seat.token)
        try:
            with trio.fail_after(WITHIN_SECONDS):
                return await visitor.first_answer()
        finally:
            visitor.leave()

    async def stranger_is_told(self) -> str:
        """What somebody with another key is told who wants the slug: the code of the refusal, or `registered`."""
        async with hand_host(self.broker_url, SLUG, origin=self.dialled_url) as stranger:
            said = stranger.registered
            return said.code if isinstance(said, Refused) else "registered"


@dataclass
class ProxiedLab(Lab):
    """`link` is a proxy between host and broker."""

    link: StallingProxy = field(kw_only=True)


@dataclass
class CabledLab(Lab):
    """`link` is a cable between two namespaces: host here, broker there."""

    link: Cable = field(kw_only=True)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None, url
    return port


def admin_socket_of(broker: Worker) -> Path:
    told = json.loads(next(line for line in broker.said if line.startswith('{"ok"')))
    return Path(told["admin_socket"])


async def gauge(path: Path, name: str) -> int:
    transport = httpx.AsyncHTTPTransport(uds=str(path))
    async with httpx.AsyncClient(transport=transport, timeout=10) as client:
        text = (await client.get("http://broker/metrics")).text
    for line in text.splitlines():
        if line.startswith(name) or line.startswith(f"agentgather_broker_{name}"):
            return int(float(line.split()[-1]))
    raise KeyError(name)


def new_home(folder: Path) -> Path:
    """A home with a room."""
    told = tell(folder, "room", "start", "lab", "--json")
    assert told.code == 0, told.err
    return folder


@asynccontextmanager
async def laboratory(folder: Path, *, is_publishing: bool = True) -> AsyncIterator[ProxiedLab]:
    """Everything runs, and the link is live, unless the host shall not publish by itself."""
    port = free_port()
    async with staffed() as staff, stalling_proxy(to_loopback(port)) as link:
        broker = _broker(staff, folder, "--port", str(port), dialled_url=link.url)
        host = _host(staff, folder, dialled_url=link.url if is_publishing else None)
        broker_url = f"http://127.0.0.1:{port}"
        lab = ProxiedLab(folder, staff, broker, host, broker_url, link.url, link=link)
        await _open(lab, is_publishing=is_publishing)
        yield lab


@asynccontextmanager
async def laboratory_of_two_machines(folder: Path) -> AsyncIterator[CabledLab]:
    """Host and broker on machines of their own, as far as the kernel can say. Skips where that is not permitted."""
    port = 8799
    with cable() as link:
        link.lead(port)
        dialled_url = f"http://127.0.0.1:{port}"
        async with staffed() as staff, stalling_proxy(lambda: (link.far.socket(), ("127.0.0.1", port))) as street:
            where = ("--host", "0.0.0.0", "--port", str(port))
            broker = _broker(staff, folder, *where, dialled_url=dialled_url, before=link.far.entering)
            host = _host(staff, folder, dialled_url=dialled_url, before=link.near.entering)
            lab = CabledLab(folder, staff, broker, host, street.url, dialled_url, link=link)
            await broker.start()
            room_port = port_of((await host.start())["url"])
            async with stalling_proxy(lambda: (link.near.socket(), ("127.0.0.1", room_port))) as yard:
                lab.local_url = yard.url
                await lab.first_answer()
                yield lab


async def _open(lab: Lab, *, is_publishing: bool) -> None:
    await lab.broker.start()
    lab.local_url = (await lab.host.start())["url"]
    if is_publishing:
        await lab.first_answer()


def _broker(staff: Staff, folder: Path, *where: str, dialled_url: str, before: Sequence[str] = ()) -> Worker:
    environ = {
        **ROOMY_BROKER,
        "AGENTGATHER_BROKER_PUBLIC_URL": dialled_url,
        "AGENTGATHER_BROKER_STATE_FILE": str(folder / "state.json"),
    }
    return staff.hire("broker", folder / "broker", "broker", "serve", *where, "--json", environ=environ, before=before)


def _host(staff: Staff, folder: Path, *, dialled_url: str | None, before: Sequence[str] = ()) -> Worker:
    home = new_home(folder / "host")
    published = () if dialled_url is None else ("--broker", dialled_url, "--subdomain", SLUG)
    words = ("room", "serve", "--port", str(free_port()), *published, "--json")
    return staff.hire("host", home, *words, environ=ROOMY_ROOM, before=before)
