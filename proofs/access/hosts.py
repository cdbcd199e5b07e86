"""The doors of a broker that are no room's: for hosts with a key, for hosts of 0.1, and for its operator."""

from __future__ import annotations

import random
import stat
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.broker.brokers import RunningBroker, keep_running, quick_settings

from agentgather.tunnel.dial import broker_address, dial
from agentgather.wire.frames import Challenge, Frame, Hello, Refused, Registered
from agentgather.wire.link import HostEnd
from agentgather.wire.proof import transcript
from agentgather_broker.keys import ListedKey
from proofs.access.callers import Caller
from proofs.access.page import Row, rows, status_of, table
from proofs.figures import Figures
from proofs.proof import Disproved

LINK_TABLE, OLD_TABLE = "A host at a broker", "A host of 0.1 at a broker"
OPERATOR_TABLE, OWN_TABLE = "An operator at a broker's socket", "At a broker itself"
PATIENCE_SECONDS = 60
HANDSHAKE = {
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol": "agentgather.tunnel.v1",
}
SEEN = frozenset(("last_seen_at", "expires_at", "connected", "streams"))  # of a route: what is seen of it, and not kept
PAGE = {"Origin": "http://127.0.0.1:3000"}


@dataclass
class Key:
    """A host's key pair."""

    private: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate, repr=False)

    @property
    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()

    @property
    def listed(self) -> ListedKey:
        return ListedKey(self.public, "")


@dataclass
class Brokers:
    """`strict` admits the keys `owner` and `other`; `lenient` takes hosts of 0.1. `operator` asks at `strict`'s socket."""

    folder: Path
    strict: RunningBroker
    lenient: RunningBroker
    operator: httpx.AsyncClient
    owner: Key
    other: Key
    figures: Figures

    def state(self, broker: RunningBroker) -> Any:
        """Whose name is whose, who may come, and what is on disk."""
        desk = broker.broker.desk
        routes = [{name: told[name] for name in told if name not in SEEN} for told in desk.routes()]
        files = [path.read_bytes() for path in sorted(self.folder.iterdir()) if path.is_file()]
        return routes, desk.leases(), desk.keys(), files

    async def settled(self, connected: set[str]) -> None:
        """Return once `strict` has noticed that these names have a host, and no others: until then routes may change."""
        with trio.fail_after(PATIENCE_SECONDS):
            while {told["route_slug"] for told in self.strict.broker.desk.routes() if told["connected"]} != connected:
                await trio.sleep(0.005)

    def told(self, broker: RunningBroker, before: Any, what: str, told: str, wanted: str) -> None:
        """Raises Disproved unless it was told what the table says, and a refusal changed nothing."""
        if told != wanted:
            raise Disproved(f"{what} is told {told}, and the table says {wanted}")
        is_refused = wanted != "registered" and not wanted.isdigit()
        if is_refused and self.state(broker) != before:
            raise Disproved(f"{what} is refused, and changed what the broker keeps")
        self.figures.count("requests of hosts and operators")


async def try_all(callers: tuple[Caller, ...], choices: random.Random, figures: Figures) -> None:
    """Every row of the broker's tables. Raises Disproved."""
    with TemporaryDirectory() as folder:  # its socket's path has to be short
        async with _brokers(Path(folder), figures) as brokers:
            await _links(brokers, choices)
            await _old_hosts(brokers, choices)
            await _broker_itself(brokers, callers, choices)
            await _operator(brokers, callers, choices)


@asynccontextmanager
async def _brokers(folder: Path, figures: Figures) -> AsyncIterator[Brokers]:
    owner, other = Key(), Key()
    (folder / "keys").write_text(f"{owner.listed.line()}\n{other.listed.line()}\n")
    strict = quick_settings(
        registration="keys",
        keys_file=str(folder / "keys"),
        state_file=str(folder / "leases"),
        admin_socket=str(folder / "admin.sock"),
    )
    lenient = quick_settings(allow_unkeyed=True)
    transport = httpx.AsyncHTTPTransport(uds=str(folder / "admin.sock"))
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://broker", timeout=PATIENCE_SECONDS) as operator,
        trio.open_nursery() as nursery,
    ):
        running = [await nursery.start(keep_running, settings) for settings in (strict, lenient)]
        yield Brokers(folder, *running, operator, owner, other, figures)
        for broker in running:
            await broker.stop()


async def _links(brokers: Brokers, choices: random.Random) -> None:
    names = {
        "free": "free",
        "somebody's": "owned",
        "kept for somebody who is away": "kept",
        "blocked": "blocked",
        "the broker's own": "admin",
    }
    broker = brokers.strict
    async with AsyncExitStack() as stack:
        for slug in ("owned", "kept", "blocked"):
            async with _link(broker.url, slug, brokers.owner) as said:
                assert isinstance(said, Registered), said
                if slug == "owned":
                    await stack.enter_async_context(_link(broker.url, slug, brokers.owner))
        assert (await brokers.operator.post("/routes/kept/close")).is_success
        assert (await brokers.operator.post("/routes/blocked/block")).is_success
        await brokers.settled({"owned"})
        cells = [
            (row["a link for a name that is"], column, wanted)
            for row in table(LINK_TABLE)
            for column, wanted in list(row.items())[1:]
            if wanted != "-"
        ]
        choices.shuffle(cells)
        cells.sort(key=lambda cell: cell[2] == "registered")  # who is admitted changes what the others find
        for name, column, wanted in cells:
            before = brokers.state(broker)
            told = await _dialled(brokers, names[name], column)
            brokers.told(broker, before, f"a link {column} for a name that is {name}", told, wanted)
    await brokers.settled(set())


async def _dialled(brokers: Brokers, slug: str, column: str) -> str:
    """What a broker says to somebody who asks for a name: `registered`, or the code of its no."""
    url = brokers.strict.url
    match column:
        case "a page's":
            answer = await brokers.strict.client.get(f"{url}/_host/link", headers=HANDSHAKE | PAGE)
            return str(answer.json()["error"])
        case "without its key":
            asked = _link(url, slug, Key(), claimed=brokers.owner.public)
        case "with a key not listed":
            asked = _link(url, slug, Key())
        case "with a listed key":
            asked = _link(url, slug, brokers.other)
        case _:
            asked = _link(url, slug, brokers.owner)
    async with asked as said:
        return said.code if isinstance(said, Refused) else "registered"


@asynccontextmanager
async def _link(url: str, slug: str, key: Key, *, claimed: bytes | None = None) -> AsyncIterator[Frame]:
    """What the broker says in the end to a host that names the key `claimed`, and signs with its own."""
    public = claimed or key.public
    async with dial(url) as socket:
        end = HostEnd()
        end.hello(Hello(1, slug, public, "a proof"))
        frames: list[Frame] = []
        with trio.fail_after(PATIENCE_SECONDS):
            while not frames or isinstance(frames[-1], Challenge):
                if frames and isinstance(challenge := frames[-1], Challenge):
                    end.prove(key.private.sign(transcript(broker_address(url).origin, slug, challenge.nonce, public)))
                while message := end.outgoing():
                    await socket.send(message)
                frames = end.receive(await socket.receive())
        yield frames[-1]


async def _old_hosts(brokers: Brokers, choices: random.Random) -> None:
    cells = [(row, column) for row in rows(OLD_TABLE) for column in row.told]
    choices.shuffle(cells)
    cells.sort(key=lambda cell: cell[0].path == "/_host/close" and cell[1] == "its own ids")  # the last that it asks
    own, others = [await _registered(brokers.lenient, slug) for slug in ("own", "others")]
    ids = {
        "a page": own,
        "no ids": {},
        "ids of nobody": dict.fromkeys(own, "nobodys"),
        "half of somebody's ids": {"route_id": others["route_id"], "host_connection_id": own["host_connection_id"]},
        "its own ids": own,
        "where none are taken": own,
    }
    for number, (row, column) in enumerate(cells):
        broker = brokers.strict if column == "where none are taken" else brokers.lenient
        before = brokers.state(broker)
        told = await _old_call(broker, row, ids[column], is_page=column == "a page", free=f"free-{number}")
        brokers.told(broker, before, f"{row} by {column}", told, row.told[column])


async def _registered(broker: RunningBroker, slug: str) -> dict[str, str]:
    route = (await broker.ask("POST", "/_host/register", json={"route_slug": slug})).json()["route"]
    return {name: route[name] for name in ("route_id", "host_connection_id")}


async def _old_call(broker: RunningBroker, row: Row, ids: dict[str, str], *, is_page: bool, free: str) -> str:
    fields: dict[str, Any] = dict(ids)
    if row.path == "/_host/register":
        fields["route_slug"] = "others" if row.case == "of somebody's name" else free
        if row.case == "with a target":
            fields["target"] = "http://127.0.0.1:9"
    elif row.path == "/_host/respond":
        fields |= {"request_id": "nobodys", "response": {"status": 200, "headers": {}, "body_base64": ""}}
    async with trio.open_nursery() as nursery:
        if row.path == "/_host/poll":  # so that it has not to be held until somebody comes
            nursery.start_soon(broker.client.get, f"{broker.url}/own/status")
        answer = await broker.ask(row.method, row.path, json=fields, headers=PAGE if is_page else {})
        nursery.cancel_scope.cancel()
    return _said(answer)


async def _broker_itself(brokers: Brokers, callers: tuple[Caller, ...], choices: random.Random) -> None:
    for row in rows(OWN_TABLE):
        slug = "nobodys" if row.case.startswith("where") else "owned"
        for caller in callers:
            before = brokers.state(brokers.strict)
            headers = caller.authorization(choices)
            answer = await brokers.strict.client.request(
                row.method, brokers.strict.url + row.path.replace("<slug>", slug), headers=headers
            )
            brokers.told(brokers.strict, before, f"{row} by {caller.name}", _said(answer), row.told["anybody"])


async def _operator(brokers: Brokers, callers: tuple[Caller, ...], choices: random.Random) -> None:
    socket = brokers.folder / "admin.sock"
    if stat.S_IMODE(socket.stat().st_mode) != 0o600:
        raise Disproved("others may open the operator's socket")
    key = Key().listed
    for row in rows(OPERATOR_TABLE):
        path = row.path.replace("{slug}", "owned").replace("{fingerprint}", key.fingerprint)
        body = {"key": key.line(), "seconds": 60} if row.method == "POST" else None
        for caller in callers:
            before = brokers.state(brokers.strict)
            headers = caller.authorization(choices)
            answer = await brokers.strict.client.request(
                row.method, brokers.strict.url + path, headers=headers, json=body
            )
            brokers.told(brokers.strict, before, f"{row} by {caller.name}", _said(answer), row.told["a visitor"])
        before = brokers.state(brokers.strict)
        answer = await brokers.operator.request(row.method, path, json=body)
        brokers.told(brokers.strict, before, f"{row} by the operator", _said(answer), row.told["the operator"])


def _said(answer: httpx.Response) -> str:
    """The status of a success, or the code of a refusal."""
    if not answer.is_error:
        return str(answer.status_code)
    code = str(answer.json()["error"])
    is_said = answer.status_code == status_of(code) or (code, answer.status_code) in _OTHERWISE
    return code if is_said else f"{code} with the status {answer.status_code}"


_OTHERWISE = {("unsupported_route", 403), ("unsupported_route", 426)}  # a page; a link that is no WebSocket
