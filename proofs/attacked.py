"""A room, published at a broker, both as processes: what hostile input is sent to, and how it is told that they are unharmed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.processes import ProcessTree
from tests.cli.terminal import tell
from tests.journeys.proxied_rooms import Program, program

from proofs.proof import Disproved

HOUSE, CALM, PIT = "house", "calm", "pit"  # the slug of both rooms: one for honest clients, one for the attack
END_SECONDS = 40.0
NO_LIMITS = {  # an attack is to be refused for better reasons than its pace
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_LOOP_POSTS_MAX": "1000000",
    "AGENTGATHER_LOG_LEVEL": "warning",
    "AGENTGATHER_LOG_FORMAT": "json",
}
NO_BROKER_LIMITS = {
    "AGENTGATHER_BROKER_REQUESTS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_STRANGERS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_LINK_ATTEMPTS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_REQUESTS_MAX": "1000",
    "AGENTGATHER_BROKER_WAITS_MAX": "1000",
    "AGENTGATHER_BROKER_LOG_LEVEL": "warning",
    "AGENTGATHER_BROKER_LOG_FORMAT": "json",
}


@dataclass(frozen=True)
class Door:
    """One way in: `prefix` is what stands before the name of a room, `tree` the process that listens at `port`."""

    name: str
    port: int
    prefix: str
    tree: ProcessTree


@dataclass
class Attacked:
    """Two rooms at one daemon, and their broker. `tokens` are those of the hosts, by room."""

    direct: Door
    broker: Door
    programs: dict[str, Program]
    tokens: dict[str, str] = field(repr=False)

    @property
    def doors(self) -> tuple[Door, Door]:
        return self.direct, self.broker

    def ask(self, room: str, path: str, body: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What the host of `room` is answered, directly."""
        client = HTTPConnection("127.0.0.1", self.direct.port, timeout=END_SECONDS)
        headers = {"Authorization": f"Bearer {self.tokens[room]}"}
        method = "GET" if body is None else "POST"
        client.request(method, f"/{room}{path}", None if body is None else json.dumps(body), headers)
        answer = client.getresponse()
        content = answer.read()
        client.close()
        if answer.status >= 300:
            raise Disproved(f"the host was answered {answer.status} {content[:300]!r} to {path}")
        return dict(json.loads(content))

    def check_alive(self) -> None:
        """Raise Disproved if a process has ended, or has written of a bug."""
        for name, one in self.programs.items():
            if one.process.poll() is not None:
                raise Disproved(f"the {name} ended with {one.process.returncode}: {one.err.read_text()[-2_000:]}")
            logged = one.err.read_text()
            for sign in ("Traceback", '"event":"bug"'):
                if sign in logged:
                    raise Disproved(f"the {name} wrote of a bug: {logged[logged.index(sign) - 500 :][:4_000]}")

    def check_kept(self, posted: list[int]) -> None:
        """Raise Disproved unless every record that was acknowledged to honest clients is there."""
        there: set[int] = set()
        while True:
            page = self.ask(CALM, f"/messages?limit=1000&since_id={max(there, default=0)}")["messages"]
            there |= {record["id"] for record in page}
            if not page:
                break
        if lost := set(posted) - there:
            raise Disproved(f"acknowledged and lost: {sorted(lost)[:20]}")

    def stop(self) -> None:
        """Raise Disproved unless both leave in order."""
        for name in ("room daemon", "broker"):
            if code := self.programs[name].stop():
                raise Disproved(f"the {name} ended with {code}: {self.programs[name].err.read_text()[-2_000:]}")


@contextmanager
def attacked(folder: Path, *, environ: Mapping[str, str] | None = None) -> Iterator[Attacked]:
    """Both rooms served and published, until the context ends. `environ`: further settings of room daemon and broker."""
    home = folder / "home"
    tokens = {}
    for room in (CALM, PIT):
        assert tell(home, "room", "start", room, "--alias", "ops").code == 0
        tokens[room] = str(json.loads((home / "current-room.json").read_text())["token"])
    with ExitStack() as stack:
        words = ("broker", "serve", "--port", "0", "--registration", "open", "--drain-seconds", "3", "--json")
        words += ("--admin-socket", str(folder / "admin.sock"))
        broker = stack.enter_context(
            program(folder / "broker", home, *words, environ=NO_BROKER_LIMITS | (environ or {}))
        )
        broker_url = json.loads(broker.wait_for('"url"'))["url"]
        words = ("room", "serve", "--all", "--port", "0", "--broker", broker_url, "--subdomain", HOUSE, "--json")
        room = stack.enter_context(program(folder / "room", home, *words, environ=NO_LIMITS | (environ or {})))
        told = json.loads(room.wait_for('"url"'))
        room_port, broker_port = urlsplit(told["url"]).port, urlsplit(broker_url).port
        assert room_port is not None
        assert broker_port is not None
        yield Attacked(
            Door("direct", room_port, "", ProcessTree(room.process.pid)),
            Door("broker", broker_port, f"/{HOUSE}", ProcessTree(broker.process.pid)),
            {"room daemon": room, "broker": broker},
            tokens,
        )
