"""One batch: nearly all of the frames in this process, some over real links to a broker and to a host."""

from __future__ import annotations

from functools import partial

import trio
from tests.tunnel.hosted import HostedRoom, hosted_room

from proofs.attacked import CALM, Attacked, attacked
from proofs.frames.in_process import InProcess
from proofs.frames.liars import FRAMES, lie, lie_to_broker, lie_to_host
from proofs.honest import honest_client
from proofs.proof import Batch, Disproved, Proof

CONVERSATION = 8  # frames, in process, that may hang on one another
PERIOD = 1_000  # frames, of which so many go over real links to a broker, and as many to a host:
OVER_LINKS = 8
TOGETHER = 10  # liars at a broker
SETTLED_SHARE = 0.3  # of the lies, before memory is compared
MEMORY_BYTES_MAX = 16_000_000  # that may be kept of the others: allocators keep what the worst moment needed


def run(batch: Batch) -> None:
    """Raises Disproved."""
    to_broker: list[int] = []
    to_host: list[int] = []
    here = InProcess(batch)
    for number in batch:
        place = number % PERIOD
        if place < 2 * OVER_LINKS:
            if place % FRAMES == 0:
                (to_broker if place < OVER_LINKS else to_host).append(number)
            continue
        if number % CONVERSATION == 0:
            here.begin()
        here.play(number, batch.random(number))
    _lie_to_a_broker(batch, to_broker)
    _lie_to_a_host(batch, to_host)
    for name in ("crashes", "hangs", "frames that broke more than their link"):
        batch.figures.count(name, 0)


def _lie_to_a_broker(batch: Batch, numbers: list[int]) -> None:
    with attacked(batch.folder) as room:
        door, prefix = room.broker, f"{room.broker.prefix}/{CALM}"
        with honest_client(door.port, prefix, room.tokens[CALM]) as seen:
            trio.run(_liars, batch, room, numbers)
        seen.check(door.name)
        batch.figures.count("requests of an honest client through the same broker", seen.asked)
        batch.figures.count("of those, refused or wrong", len(seen.wrong))
        room.check_kept(seen.posted)
        room.check_alive()
        room.stop()


async def _liars(batch: Batch, room: Attacked, numbers: list[int]) -> None:
    before = 0.0
    for at in range(0, len(numbers), TOGETHER):
        async with trio.open_nursery() as nursery:
            for liar, number in enumerate(numbers[at : at + TOGETHER]):
                random = batch.random(number)
                say = partial(lie_to_broker, liar=liar, random=random, figures=batch.figures)
                nursery.start_soon(say, room.broker.port, lie(random))
        if at <= len(numbers) * SETTLED_SHARE:
            before = room.broker.tree.resident_kib() * 1024
    _compare(batch, "broker", before, room.broker.tree.resident_kib() * 1024)


def _lie_to_a_host(batch: Batch, numbers: list[int]) -> None:
    folder = batch.folder / "hosted"
    folder.mkdir()
    with hosted_room(folder) as room:
        trio.run(_liar, batch, room, numbers)
        if code := room.daemon.stop():
            raise Disproved(f"the host ended with {code}: {room.log[-2_000:]}")
        for sign in ("Traceback", "bug"):
            if sign in room.log:
                raise Disproved(f"the host wrote of a bug: {room.log[room.log.index(sign) - 500 :][:4_000]}")


async def _liar(batch: Batch, room: HostedRoom, numbers: list[int]) -> None:
    before = 0.0
    for at, number in enumerate(numbers):
        random = batch.random(number)
        await lie_to_host(room, lie(random), random=random, figures=batch.figures)
        batch.figures.count("requests of whoever is on the host's machine, answered")
        if at <= len(numbers) * SETTLED_SHARE:
            before = room.memory_bytes
    _compare(batch, "host", before, room.memory_bytes)


def _compare(batch: Batch, who: str, before: float, after: float) -> None:
    batch.figures.sample(f"memory gained over the later lies, {who}, MB", (after - before) / 1e6)
    if after - before > MEMORY_BYTES_MAX:
        raise Disproved(f"the {who} keeps {(after - before) / 1e6:.0f} MB more than after the first lies")


PROOF = Proof(
    name="frames",
    claim="Whatever comes over a tunnel's link, to a broker or to a host, at worst ends that link: nothing crashes, hangs or "
    "grows, and whoever else uses either is served all along.",
    trials="mutated frames",
    short=15_000,
    long=1_000_000,
    batch=100_000,
    run=run,
)
