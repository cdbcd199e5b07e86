"""Clocks that jump below daemons, there and back again: nothing ends early, and nobody is let in late."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from glob import glob
from itertools import pairwise
from pathlib import Path

import httpx
import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.rooms import ROOM

from agentgather.room.message import moment
from agentgather.room.names import room_id
from agentgather.store.log_file import read_log
from agentgather_broker.registry import LOOK_SECONDS
from proofs.faults.broker_stand import BrokerStand
from proofs.faults.crowd import visiting
from proofs.faults.room_stand import LOG, RoomStand
from proofs.faults.small_disk import NotPermitted
from proofs.figures import Figures
from proofs.proof import Disproved

HOUR, YEAR = 3_600, 31_536_000
JUMPS = (YEAR, -HOUR, HOUR, 20 * 60, -YEAR, 86_400)  # in seconds
LIBRARIES = "/usr/lib/*/faketime/libfaketimeMT.so.1"
APART_SECONDS = 600.0  # between records of one trial: far less than any jump, far more than any trial takes
LIFETIME = "10m"  # of a token: shorter than each of the jumps ahead
PASS = re.compile(r'name="pass" value="([^"]+)"')


@dataclass(frozen=True)
class Clock:
    """The clock of processes that run with `environ`: that of the machine, set by `jumped`."""

    file: Path

    @property
    def environ(self) -> Mapping[str, str]:
        libraries = glob(LIBRARIES)
        if not libraries:
            raise NotPermitted("a clock that jumps needs libfaketime, which is not installed")
        return {
            "LD_PRELOAD": libraries[0],
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # that of a kernel does not jump either
            "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else a thread that waits for another for a moment waits much longer
            "NO_FAKE_STAT": "1",
        }

    def set(self, seconds: int) -> None:
        beside = self.file.with_suffix(".new")
        beside.write_text(f"{seconds:+d}\n")
        beside.replace(self.file)  # read at every call: never half of it

    @contextmanager
    def jumped(self, seconds: int) -> Iterator[None]:
        self.set(seconds)
        try:
            yield
        finally:
            self.set(0)


async def room_clock(
    stand: RoomStand, clock: Clock, jump: int, choices: random.Random, name: str, figures: Figures
) -> None:
    """A room with an end, a token with an end, a page that is being read, and people who wait."""
    since_id = stand.last_id()
    async with visiting() as client, stand.crowded(name, choices) as crowd:
        issued = await stand.issue(client, f"{name}-guest", ttl=LIFETIME)
        guest = {"Authorization": f"Bearer {issued.json()['token']}"}
        reading = await _pass(stand, client, issued.json()["token"])
        for _ in range(choices.randint(1, 2)):
            with clock.jumped(jump):
                await crowd.told.more_answers(6)
                await _all_is_open(stand, client, guest, reading)
                figures.count("jumps of a room's clock")
            await crowd.told.more_answers(6)
            await _all_is_open(stand, client, guest, reading)
        if crowd.told.refusals:
            raise Disproved(f"posts were refused because the clock jumped: {crowd.told.codes}")
    stand.count(crowd.told, figures)
    log = read_log(stand.disk.seen_from_here(LOG), room=room_id(ROOM))
    times = [moment(one.record.ts) for one in log.kept[since_id:]]
    apart = max((abs((after - before).total_seconds()) for before, after in pairwise(times)), default=0)
    if apart > APART_SECONDS:
        raise Disproved(f"the clock jumped, and two records beside one another are {apart:.0f} s apart")
    figures.count("rooms, tokens and pages ended by a clock", 0)


async def _pass(stand: RoomStand, client: httpx.AsyncClient, token: str) -> str:
    """What the form of a transcript page holds to read on with."""
    origin = {"Origin": stand.daemon.url}
    answer = await client.post(
        f"{stand.daemon.url}/transcript.html", data={"token": token, "before_id": "2"}, headers=origin
    )
    found = PASS.search(answer.text)
    if answer.status_code != 200 or found is None:
        raise Disproved(f"a page of the transcript was answered {answer.status_code}: {answer.text[:300]}")
    return found[1]


async def _all_is_open(stand: RoomStand, client: httpx.AsyncClient, guest: Mapping[str, str], reading: str) -> None:
    status = await client.get(f"{stand.daemon.url}/status", headers=guest)
    if status.status_code != 200 or status.json()["room_status"] != "open":
        raise Disproved(f"the clock jumped, and a guest asking how the room is was answered {status.text}")
    page = await client.post(
        f"{stand.daemon.url}/transcript.html", data={"pass": reading}, headers={"Origin": stand.daemon.url}
    )
    if page.status_code != 200:
        raise Disproved(f"the clock jumped, and who reads on was answered {page.status_code} {page.text[:300]}")


async def broker_clock(
    stand: BrokerStand, clock: Clock, jump: int, choices: random.Random, name: str, figures: Figures
) -> None:
    """A route whose host is there, and names whose hosts are away."""
    stand.owners.clear()
    resident = Ed25519PrivateKey.generate()
    async with visiting() as client, stand.steady(f"{name}-steady", resident) as host:
        stand.owners[f"{name}-steady"] = resident
        await stand.claim(f"{name}-away", Ed25519PrivateKey.generate())
        for _ in range(choices.randint(1, 2)):
            with clock.jumped(jump):
                await trio.sleep(LOOK_SECONDS)  # at which routes are over
                await stand.visit(client, f"{name}-steady")
                await stand.claim(f"{name}-late", stand.owners.get(f"{name}-late") or Ed25519PrivateKey.generate())
                figures.count("jumps of a broker's clock")
            await stand.visit(client, f"{name}-steady")
        assert host.registered
        if choices.random() < 0.5:
            await trio.to_thread.run_sync(stand.daemon.kill)
    if not stand.daemon.is_up:
        await trio.to_thread.run_sync(stand.daemon.start)
    await stand.hold(figures)
