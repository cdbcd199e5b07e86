"""The real broker as a process of its own, as `agentgather broker serve` starts it."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.door import Door
from bench.history import HOST_TOKEN
from bench.line import BenchFailed
from bench.processes import ProcessTree, path_of
from bench.ssh import free_port

SUBDOMAIN = "bench"
STOP_SECONDS_MAX = 20
LIVE_SECONDS_MAX = 20.0
_UNLIMITED = {  # a benchmark is what these limits are there to refuse
    "AGENTGATHER_BROKER_REQUESTS_PER_MINUTE": "1000000",
    "AGENTGATHER_BROKER_REQUESTS_MAX": "1000",
    "AGENTGATHER_BROKER_WAITS_MAX": "1000",
    "AGENTGATHER_BROKER_LINK_ATTEMPTS_PER_MINUTE": "10000",
    "AGENTGATHER_BROKER_DRAIN_SECONDS": "1",
    "AGENTGATHER_BROKER_LOG_LEVEL": "warning",
}


class Broker:
    """A broker at `address`, that hosts and visitors are told to find at `public_url`; `source` as a Daemon's."""

    def __init__(self, home: Path, *, public_url: str | None = None, source: Path | None = None) -> None:
        self.address = ("127.0.0.1", free_port())  # a broker that has a public URL says only that one
        self.public_url = public_url or "http://{}:{}".format(*self.address)
        command = [sys.executable, "-m", "agentgather", "broker", "serve", "--port", str(self.address[1]), "--json"]
        command += ["--registration", "open", "--public-url", self.public_url]
        environ = {**os.environ, **_UNLIMITED, "AGENTGATHER_HOME": str(home), **path_of(source)}
        environ["AGENTGATHER_BROKER_ADMIN_SOCKET"] = str(home / "admin.sock")
        log = home / "access.log"  # a line a request, as a broker writes it: its cost belongs to what is measured
        with log.open("wb") as stdout:
            self._process = subprocess.Popen(command, env=environ, stdout=stdout)
        self._await_first_line(log)
        self.tree = ProcessTree(self._process.pid)

    def door(self, *, near: ProcessTree) -> Door:
        """The way to the room through this broker, once it is live. `near`: who serves the room, and keeps the tunnel."""
        door = Door("broker", self.address, near=(near,), far=(self.tree,), prefix=f"/{SUBDOMAIN}")
        until = time.perf_counter() + LIVE_SECONDS_MAX
        while (status := _status(door)) != 200:
            if time.perf_counter() > until:
                raise BenchFailed(f"the room is not reached through the broker: {status}")
            time.sleep(0.02)
        return door

    def stop(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS_MAX)
        finally:
            self._process.kill()
            self._process.wait()

    def _await_first_line(self, log: Path) -> None:
        until = time.perf_counter() + LIVE_SECONDS_MAX
        while not log.read_bytes().endswith(b"\n"):
            if self._process.poll() is not None or time.perf_counter() > until:
                self._process.kill()
                raise BenchFailed(f"the broker left with {self._process.wait()} before it served")
            time.sleep(0.02)


@contextlib.contextmanager
def broker_serving(*, public_url: str | None = None, source: Path | None = None) -> Iterator[Broker]:
    """A broker for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="bench-broker-") as home:
        broker = Broker(Path(home), public_url=public_url, source=source)
        try:
            yield broker
        finally:
            broker.stop()


def _status(door: Door) -> int:
    client = http.client.HTTPConnection(*door.address, timeout=LIVE_SECONDS_MAX)
    with contextlib.closing(client):
        client.request("GET", f"{door.prefix}/status", headers={"Authorization": f"Bearer {HOST_TOKEN}"})
        return client.getresponse().status
