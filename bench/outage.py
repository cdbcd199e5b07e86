"""How soon a room is reached again once the network between its host and the world is back."""

from __future__ import annotations

import contextlib
import http.client
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from statistics import median

from agentgather.store.home import Home
from bench.broker import SUBDOMAIN, broker_serving
from bench.cuttable import Cuttable, cuttable
from bench.daemon import serving
from bench.door import Door
from bench.history import HOST_TOKEN
from bench.line import BenchFailed
from bench.plan import Plan
from bench.row import Bar, Row
from bench.ssh import NoSsh, ssh_remote, ssh_server

BACK_SECONDS_MAX = 60.0
AGAIN_SECONDS = 0.005  # between two requests of the visitor who is refused
_BACK_BAR = Bar("1 s; 0.1 never comes back", 1_000)
Reached = Callable[[Home], AbstractContextManager[tuple[Door, Cuttable]]]


def outage(home: Home, history: int, plan: Plan) -> Iterator[Row]:
    """The link is cut, and comes back; from its return to the first answer a visitor gets."""
    ways: tuple[tuple[Reached, str, Bar | None], ...] = (
        (_through_broker, "broker", _BACK_BAR),
        (_through_ssh, "ssh -R, started again", None),
    )
    for reached, name, bar in ways:
        try:
            with reached(home) as (door, network):
                for seconds in plan.break_seconds:
                    taken = []
                    for _ in range(plan.breaks):
                        time.sleep(plan.calm_seconds)
                        taken.append(_back_ms(door, network, away_seconds=seconds))
                    figures = {"p50_ms": median(taken), "worst_ms": max(taken)}
                    yield Row("outage", f"back after {seconds:.0f} s, {name}", figures, "worst_ms", history, bar=bar)
        except NoSsh as missing:
            yield Row("outage", name, {}, "", note=str(missing))


def _back_ms(door: Door, network: Cuttable, *, away_seconds: float) -> float:
    network.cut()
    time.sleep(away_seconds)
    network.mend()
    returned = time.perf_counter()
    until = returned + BACK_SECONDS_MAX
    while not _is_answered(door, seconds=BACK_SECONDS_MAX):
        if time.perf_counter() > until:
            raise BenchFailed(f"no answer through {door.name} within {BACK_SECONDS_MAX:.0f} s of the network's return")
        time.sleep(AGAIN_SECONDS)
    return (time.perf_counter() - returned) * 1e3


def _is_answered(door: Door, *, seconds: float) -> bool:
    """Whether a new visitor's read of the status is answered with 200."""
    client = http.client.HTTPConnection(*door.address, timeout=seconds)
    with contextlib.closing(client):
        try:
            client.request("GET", f"{door.prefix}/status", headers={"Authorization": f"Bearer {HOST_TOKEN}"})
            return client.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False


@contextlib.contextmanager
def _through_broker(home: Home) -> Iterator[tuple[Door, Cuttable]]:
    with (
        cuttable() as network,
        broker_serving(public_url=f"http://127.0.0.1:{network.port}") as broker,
    ):
        network.target = broker.address
        with serving(home, ["--broker", broker.public_url, "--subdomain", SUBDOMAIN]) as daemon:
            yield broker.door(near=daemon.tree), network


@contextlib.contextmanager
def _through_ssh(home: Home) -> Iterator[tuple[Door, Cuttable]]:
    with ExitStack() as stack:
        network = stack.enter_context(cuttable())
        keys = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-ssh-")))
        server, port = stack.enter_context(ssh_server(keys))
        network.target = ("127.0.0.1", port)
        daemon = stack.enter_context(serving(home))
        remote = ssh_remote(keys, server, via=network.port, room=daemon.door.address, room_tree=daemon.tree, again=True)
        yield stack.enter_context(remote), network
