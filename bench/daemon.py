"""The real daemon as a process of its own, as `agentgather room serve` starts it, and what it uses."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agentgather.store.home import Home
from bench.door import Door
from bench.history import HOST, HOST_TOKEN, ROOM
from bench.line import BenchFailed
from bench.processes import ProcessTree, path_of

STOP_SECONDS_MAX = 20
COMMAND = ("agentgather", "room", "serve", ROOM, "--port", "0", "--json")
UNLIMITED = {  # a benchmark is what these limits are there to refuse
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_LOG_RECORDS_MAX": "10000000",
    "AGENTGATHER_LOG_LEVEL": "warning",
}


@dataclass(frozen=True, slots=True)
class Seat:
    alias: str
    token: str


class Daemon:
    """A daemon that serves the room of a home, and whatever `more` flags say; another `command` may serve it in its place, or
    the code of another checkout, whose `source` is its folder `src`.

    It came to its first answer `first_answer_seconds` after its start. `door` is the one of its own port.
    """

    def __init__(
        self, home: Home, more: Sequence[str] = (), *, command: Sequence[str] = COMMAND, source: Path | None = None
    ) -> None:
        self.home = home
        self.host_seat = Seat(HOST, HOST_TOKEN)
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", *command, *more],
            env={**os.environ, **UNLIMITED, "AGENTGATHER_HOME": str(home.root), **path_of(source)},
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise BenchFailed(f"the daemon left with {self._process.wait()} before it served")
        url = urlsplit(json.loads(said)["url"])
        self.url = url.geturl()
        self.tree = ProcessTree(self._process.pid)
        self.door = Door("direct", (url.hostname or "", url.port or 80), near=(self.tree,))
        self._client = http.client.HTTPConnection(*self.door.address, timeout=60)
        self.status()
        self.first_answer_seconds = time.perf_counter() - began

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the host is answered. Raises BenchFailed for any answer but a 2xx."""
        return dict(json.loads(self._content(method, path, body)))

    def size_of(self, path: str) -> int:
        """The bytes of the body that the host is answered."""
        return len(self._content("GET", path, None))

    def _content(self, method: str, path: str, body: dict[str, Any] | None) -> bytes:
        headers = {"Authorization": f"Bearer {self.host_seat.token}"}
        self._client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._client.getresponse()
        content = answer.read()
        self._client.close()  # the next question may come after longer than a connection is kept
        if answer.status >= 300:
            raise BenchFailed(content.decode())
        return content

    def status(self) -> dict[str, Any]:
        return self.ask("GET", "/status")

    def last_id(self) -> int:
        return int(self.status()["last_id"])

    def invite(self, count: int) -> list[Seat]:
        """`count` more agents with a seat each."""
        taken = len(self.status()["participants"])
        names = [f"agent-{number}" for number in range(taken, taken + count)]
        return [Seat(name, self.ask("POST", "/invites", {"alias": name, "kind": "agent"})["token"]) for name in names]

    def stop(self) -> None:
        self._client.close()
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        finally:
            self._process.kill()
            self._process.wait()
            if self._process.stdout:
                self._process.stdout.close()


@contextlib.contextmanager
def serving(
    home: Home, more: Sequence[str] = (), *, command: Sequence[str] = COMMAND, source: Path | None = None
) -> Iterator[Daemon]:
    """A daemon for as long as the context lasts."""
    daemon = Daemon(home, more, command=command, source=source)
    try:
        yield daemon
    finally:
        daemon.stop()
