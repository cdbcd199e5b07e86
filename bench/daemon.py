"""The real daemon as a process of its own, as `agentgather room serve` starts it, and what it uses."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from agentgather.store.home import Home
from bench.history import HOST, HOST_TOKEN, ROOM
from bench.line import BenchFailed

STOP_SECONDS_MAX = 20
QUIET_SECONDS = 0.06  # without a tick of the CPU clock (10 ms) in the daemon: it waits for us
_UNLIMITED = {  # a benchmark is what these limits are there to refuse
    "AGENTGATHER_POSTS_PER_MINUTE": "1000000",
    "AGENTGATHER_WRITES_PER_MINUTE": "1000000",
    "AGENTGATHER_LOG_RECORDS_MAX": "10000000",
    "AGENTGATHER_LOG_LEVEL": "warning",
}
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_KIB = os.sysconf("SC_PAGE_SIZE") / 1024


@dataclass(frozen=True, slots=True)
class Seat:
    alias: str
    token: str


class Daemon:
    """A daemon that serves the room of a home. It came to its first answer `first_answer_seconds` after its start."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.host_seat = Seat(HOST, HOST_TOKEN)
        began = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "agentgather", "room", "serve", ROOM, "--port", "0", "--json"],
            env={**os.environ, **_UNLIMITED, "AGENTGATHER_HOME": str(home.root)},
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        said = self._process.stdout.readline()
        if not said:
            raise BenchFailed(f"the daemon left with {self._process.wait()} before it served")
        url = urlsplit(json.loads(said)["url"])
        self.url = url.geturl()
        self.address = (url.hostname or "", url.port or 80)
        self.host = url.netloc
        self._client = http.client.HTTPConnection(*self.address, timeout=60)
        self.status()
        self.first_answer_seconds = time.perf_counter() - began

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """What the host is answered. Raises BenchFailed for any answer but a 2xx."""
        headers = {"Authorization": f"Bearer {self.host_seat.token}"}
        self._client.request(method, path, None if body is None else json.dumps(body), headers)
        answer = self._client.getresponse()
        content = answer.read()
        if answer.status >= 300:
            raise BenchFailed(content.decode())
        return dict(json.loads(content))

    def status(self) -> dict[str, Any]:
        return self.ask("GET", "/status")

    def last_id(self) -> int:
        return int(self.status()["last_id"])

    def invite(self, count: int) -> list[Seat]:
        """`count` agents with a seat each."""
        names = [f"agent-{number}" for number in range(1, count + 1)]
        return [Seat(name, self.ask("POST", "/invites", {"alias": name, "kind": "agent"})["token"]) for name in names]

    def resident_kib(self) -> float:
        pages = Path(f"/proc/{self._process.pid}/statm").read_text().split()[1]
        return int(pages) * _PAGE_KIB

    def cpu_seconds(self) -> float:
        """The time all its threads have spent on a core, to the tick of 10 ms."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS_PER_SECOND  # utime and stime (proc(5))

    def settle(self) -> None:
        """Return once the daemon has done everything it was asked, by its CPU clock."""
        used, since = self.cpu_seconds(), time.perf_counter()
        while time.perf_counter() - since < QUIET_SECONDS:
            time.sleep(0.01)
            if (now_used := self.cpu_seconds()) != used:
                used, since = now_used, time.perf_counter()

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
def serving(home: Home) -> Iterator[Daemon]:
    """A daemon for as long as the context lasts."""
    daemon = Daemon(home)
    try:
        yield daemon
    finally:
        daemon.stop()
