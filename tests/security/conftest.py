"""A room that is asked at its own door and through a broker: both are processes of their own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from proofs.attacked import PIT, attacked

from tests.serving.process import Answer, Caller


@dataclass
class Way:
    """One way in. `own_host` is what its Host header says; `tokens` are the host's, `ops`, and a guest's, `eye`."""

    name: str
    port: int
    prefix: str
    tokens: dict[str, str] = field(repr=False)

    @property
    def own_host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def say(self, content: bytes) -> Answer:
        """The first answer to bytes on a connection of their own."""
        with Caller(self.port) as caller:
            caller.send(content)
            return caller.answer()

    def ask(
        self,
        method: str,
        path: str,
        *headers: str,
        who: str | None = "ops",
        host: str | None = None,
        body: object = None,
    ) -> Answer:
        """The answer to one request with exactly these headers, beside Host, the token of `who` and a length."""
        content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        lines = [f"{method} {self.prefix}{path} HTTP/1.1", f"Host: {host or self.own_host}", *headers]
        if who is not None:
            lines.append(f"Authorization: Bearer {self.tokens[who]}")
        if content or method == "POST":
            lines.append(f"Content-Length: {len(content)}")
        return self.say("\r\n".join([*lines, "", ""]).encode("latin-1") + content)

    def state(self) -> tuple[object, ...]:
        """What nobody may change who is refused."""
        told = self.ask("GET", "/status").json
        return (
            told["last_id"],
            told["attendance_policy"],
            told["brief_version"],
            sorted(one["alias"] for one in told["participants"]),
        )


@pytest.fixture(scope="package")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Way]]:
    with attacked(tmp_path_factory.mktemp("attacked")) as room:
        tokens = {"ops": room.tokens[PIT], "eye": str(room.ask(PIT, "/invites", {"alias": "eye"})["token"])}
        yield {door.name: Way(door.name, door.port, f"{door.prefix}/{PIT}", tokens) for door in room.doors}
        room.check_alive()
        room.stop()


@pytest.fixture(params=["direct", "broker"])
def way(request: pytest.FixtureRequest, ways: dict[str, Way]) -> Way:
    return ways[request.param]


@pytest.fixture
def direct(ways: dict[str, Way]) -> Way:
    return ways["direct"]
