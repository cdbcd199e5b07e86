"""Floods: crowds that are slow, greedy or gone, at a room and at its broker, while somebody visits."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import trio
from tests.broker.brokers import hand_host
from tests.broker.calm_visitor import CalmVisitor, calm_visitor
from tests.storms import (
    AWAY,
    IDLE,
    SPARE_FILES,
    STORMS,
    Storm,
    asked,
    idlers_that_fit,
    people_who_leave,
    storming,
)

from agentgather.serving.limits import ServingLimits
from agentgather_broker.keep import CONNECTIONS_MAX
from proofs.attacked import CALM, PIT, Attacked, Door, attacked
from proofs.proof import Batch, Disproved, Proof

# The first trials, one of each storm, are small, and nobody looks at a clock: they are the short form.
SMALL = {"size": 200, "idlers": 500}
REQUESTS_SMALL = 20
LARGE = {"size": 5_000, "drip_seconds": 10.0}
REQUESTS_LARGE = 300  # of a round: the fourth slowest of them is its p99
ROUNDS_MAX = 8  # a busy machine is no reason to be slow: of so many the best counts
NOTICED_MS = 30.0  # a tenth of a second is an instant to people; less than a third of that is noise on two cores
CPU_SECONDS_MAX = 1.0  # for a megabyte in pieces of one byte
MEMORY_BYTES_MAX = 150_000_000  # that a process may have more than before, in the middle of the worst of them
SETTLE_SECONDS = 60.0


@dataclass
class Target:
    """The room that is stormed, at one door, and somebody who visits the room beside it at the same."""

    door: Door
    port: int
    prefix: str
    connections_max: int
    token: str = field(repr=False)
    visitor: CalmVisitor = field(repr=False)

    @property
    def file_count(self) -> int:
        return len(os.listdir(f"/proc/{self.door.tree.pid}/fd"))

    @property
    def memory_bytes(self) -> float:
        return self.door.tree.resident_kib() * 1024

    async def round(self, requests: int) -> float:
        """The p99 of so many requests of somebody else, in milliseconds. Raises Disproved unless all are answered well."""
        return await trio.to_thread.run_sync(self._round, requests)

    def _round(self, requests: int) -> float:
        statuses, p99_ms = self.visitor.round(requests)
        if statuses != {200}:
            raise Disproved(f"{self.door.name} door: somebody who harms nobody was answered {statuses or 'not at all'}")
        return p99_ms


def run(batch: Batch) -> None:
    """Raises Disproved."""
    idlers_that_fit()  # raises our own limit of open files
    with attacked(batch.folder) as room, _target(room, room.direct) as direct, _target(room, room.broker) as through:
        for number in batch:
            storm = STORMS[number % len(STORMS)]
            target = (direct, through)[(number + number // len(STORMS)) % 2]
            trio.run(_trial, batch, number, storm, target)
            _spend(batch, target)
            room.check_alive()
        room.stop()
    for name in ("requests of others that were refused or wrong", "crashes"):
        batch.figures.count(name, 0)


async def _trial(batch: Batch, number: int, storm: Storm, target: Target) -> None:
    """One storm at one door."""
    is_small = number < len(STORMS)
    figures, before, files = batch.figures, target.memory_bytes, target.file_count
    if storm is people_who_leave and target.door.name == "broker":
        async with hand_host(f"http://127.0.0.1:{target.port}", AWAY):
            pass  # its slug is kept, and whoever asks for it waits
    if is_small:
        async with storming(storm, target, **SMALL):
            await target.round(REQUESTS_SMALL)
            during = target.memory_bytes
        figures.count("requests of others, answered", REQUESTS_SMALL)
    else:
        during = await _rounds(batch, storm, target)
    figures.count(f"storms, {target.door.name} door")
    figures.sample("memory during a storm, MB more", (during - before) / 1e6)
    if during - before > MEMORY_BYTES_MAX:
        raise Disproved(f"{storm.__name__}, {target.door.name} door: {(during - before) / 1e6:.0f} MB more")
    with trio.move_on_after(SETTLE_SECONDS):
        while target.file_count > files + SPARE_FILES // 10:
            await trio.sleep(0.05)
        return
    raise Disproved(f"{storm.__name__}, {target.door.name} door: {target.file_count} descriptors, {files} before")


async def _rounds(batch: Batch, storm: Storm, target: Target) -> float:
    """Calm and storm in turn, until others notice nothing; the memory in the storm."""
    rounds: list[tuple[float, float]] = []
    during = 0.0
    while len(rounds) < ROUNDS_MAX:
        calm = await target.round(REQUESTS_LARGE)
        async with storming(storm, target, **LARGE):
            await target.round(REQUESTS_LARGE)  # a storm that only begins is a crowd, in each other's way for a moment
            rounds.append((calm, await target.round(REQUESTS_LARGE)))
            during = max(during, target.memory_bytes)
        batch.figures.count("requests of others, answered", 3 * REQUESTS_LARGE)
        calm, stormy = rounds[-1]
        if stormy <= max(2 * calm, NOTICED_MS):
            batch.figures.sample("p99 of others in calm, ms", calm)
            batch.figures.sample("p99 of others in a storm, ms", stormy)
            return during
    raise Disproved(f"{storm.__name__}, {target.door.name} door: p99 in ms, calm and then: {rounds}")


def _spend(batch: Batch, target: Target) -> None:
    """What a body of a million pieces costs, in time on a core."""
    headers = (f"Authorization: Bearer {target.token}", "Transfer-Encoding: chunked", "Connection: close")
    head = asked(f"{target.prefix}/messages", *headers, method="POST")
    for pieces in (b"1\r\nx\r\n" * 1_000_000, b"1;name=value\r\nx\r\n" * 60_000, b"00000001\r\nx\r\n" * 60_000):
        used = target.door.tree.cpu_seconds()
        with socket.create_connection(("127.0.0.1", target.port), timeout=SETTLE_SECONDS) as one:
            try:
                one.sendall(head + pieces + b"0\r\n\r\n")
            except OSError:
                pass  # it was refused before we had said everything
            try:
                while one.recv(65_536):
                    pass
            except OSError:
                pass
        spent = target.door.tree.cpu_seconds() - used
        batch.figures.sample("CPU for a body in pieces of one byte, ms", spent * 1000)
        if spent > CPU_SECONDS_MAX:
            raise Disproved(f"{target.door.name} door: {spent:.2f} s on a core for {len(pieces)} bytes of tiny chunks")


@contextmanager
def _target(room: Attacked, door: Door) -> Iterator[Target]:
    most = CONNECTIONS_MAX if door.prefix else ServingLimits().connections_max
    with calm_visitor(door.port, f"{door.prefix}/{CALM}/status", room.tokens[CALM]) as visitor:
        target = Target(door, door.port, f"{door.prefix}/{PIT}", most, room.tokens[PIT], visitor)
        target._round(REQUESTS_SMALL)
        yield target


PROOF = Proof(
    name="floods",
    claim=f"Whoever is slow, greedy or gone, {IDLE:,} at a time, is in nobody's way: others are answered, within twice the time "
    "that it takes in a calm.",
    trials="storms",
    short=len(STORMS),
    long=5 * len(STORMS),  # the small ones once, then each twice at either door
    batch=len(STORMS),
    run=run,
)
