"""Soak: minute after minute of a busy room leaves nothing behind but its history."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import trio
from bench.broker import SUBDOMAIN, Broker, broker_serving
from bench.daemon import Daemon, serving
from bench.history import make_room
from bench.processes import settle

from agentgather.store.home import Home
from proofs.proof import Batch, Disproved, Proof
from proofs.soak.gauges import Gauge, quarters
from proofs.soak.people import Speaker
from proofs.soak.room import Pace, SoakedRoom, resident_after_reading

MINUTE = Pace(60, posts_a_second=50, young_seconds=0.25, stir_seconds=0.15, search_seconds=1, seat_seconds=2)
GENTLE = Pace(9, posts_a_second=10, young_seconds=0.5, stir_seconds=0.4, search_seconds=2, seat_seconds=2)
LONG_TRIALS = 20  # from so many minutes on, what has to be flat is held to its bar
KIB_AN_HOUR_MAX = 16_384  # of a daemon or a broker beyond the room's history
# Of what a record takes where it was just read: records that came one by one lie between what is long gone, and the
# allocator keeps the gaps.
GAPS_SHARE_MAX = 0.25
# The 99th percentile of posts, last quarter beside first, beside the same of a young room on the same machine: its history is
# tens of thousands longer.
TIMES_SLOWER_MAX = 3.0
# What the daemon takes on a core for a post and all that happens around it, last quarter beside first: unlike a time, it hardly
# depends on what else the machine does, and says by itself whether a room grows slow.
TIMES_DEARER_MAX = 2.0
PATIENCE_SECONDS = 120.0


def run(batch: Batch) -> None:
    """The trials of a batch are the minutes of one room. A batch of one trial, as in `make test`, is shorter and gentle."""
    home = make_room(batch.folder / "room", records=10)
    with broker_serving() as broker, serving(make_room(batch.folder / "young", records=10)) as young:
        fresh = _fresh(home, broker)
        with _published(home, broker) as daemon:
            host = young.host_seat
            room = SoakedRoom(daemon, broker, batch.figures, young=Speaker(young.url, host.alias, host.token))
            trio.run(_soak, batch, room)
            _given_back(room)
            soaked = daemon.tree.resident_kib()
            room.audit()
        _report(batch, room, before=fresh, soaked=soaked, after=_fresh(home, broker))


async def _soak(batch: Batch, room: SoakedRoom) -> None:
    pace = GENTLE if batch.count == 1 else MINUTE
    async with trio.open_nursery() as nursery:
        room.come(nursery)
        for number in batch:
            await room.minute(pace, batch.random(number))
        with trio.move_on_after(PATIENCE_SECONDS) as scope:
            async with trio.open_nursery() as closing:
                closing.start_soon(room.close)
                while not all(one.is_over for one in room.listeners) or not all(
                    p.answers["closed"] for p in room.patients
                ):
                    await trio.sleep(0.02)
        if scope.cancelled_caught:
            raise Disproved(f"a closed room left waits or streams open for {PATIENCE_SECONDS:.0f} s")
    for patient in room.patients:
        patient.leave()


@contextmanager
def _published(home: Home, broker: Broker) -> Iterator[Daemon]:
    """The room's daemon, once it is reached through the broker too."""
    with serving(home, ["--broker", broker.public_url, "--subdomain", SUBDOMAIN]) as daemon:
        broker.door(near=daemon.tree)
        yield daemon


def _fresh(home: Home, broker: Broker) -> float:
    """What a daemon takes that has just opened the room, KiB."""
    with _published(home, broker) as daemon:
        return resident_after_reading(daemon)


def _given_back(room: SoakedRoom) -> None:
    """Everybody has left: what they had open is closed."""
    for name, gauge in room.gauges.items():
        before = room.baseline[name]
        _until(partial(_has_given_back, gauge, before), what=f"the {name} keeps files open after everybody has left")
        room.figures.count(f"descriptors that the {name} kept", 0)
    settle(room.daemon.tree, room.broker.tree)


def _has_given_back(gauge: Gauge, before: int) -> bool:
    return gauge.tree.file_count() <= before


def _report(batch: Batch, room: SoakedRoom, *, before: float, soaked: float, after: float) -> None:
    """What grew, and what the history of the room takes: the same room, opened by a daemon that was not soaked."""
    figures, records = batch.figures, room.recorded
    kib_of_a_record = (after - before) / records
    figures.sample("memory of a record, KiB", kib_of_a_record)
    figures.sample("soaked daemon beyond one that just opened the room, MiB", (soaked - after) / 1024)
    first, last = quarters([one for speaker in room.speakers for one in speaker.took])
    young_first, young_last = quarters(room.young.took)
    for name, quarter in {"first": (first, young_first), "last": (last, young_last)}.items():
        figures.sample(f"p99 of posts in the {name} quarter, ms", quarter[0])
        figures.sample(f"of posts in a young room meanwhile, {name} quarter, ms", quarter[1])
    cheap, dear = quarters(room.on_core)
    figures.sample("on a core, a post and all around it, dearest minute of the first quarter, ms", cheap)
    figures.sample("on a core, a post and all around it, dearest minute of the last quarter, ms", dear)
    grown = {
        "daemon": room.gauges["daemon"].kib_an_hour(kib_of_a_record=kib_of_a_record),
        "broker": room.gauges["broker"].kib_an_hour(),
    }
    for name, kib in grown.items():
        figures.sample(f"{name} beyond its history, KiB an hour", kib)
        gaps = GAPS_SHARE_MAX * kib_of_a_record * MINUTE.posts_a_second * 3600 if name == "daemon" else 0
        if batch.count >= LONG_TRIALS and kib > KIB_AN_HOUR_MAX + gaps:
            raise Disproved(f"the {name} grows by {kib:,.0f} KiB an hour beyond the history of its room")
    if batch.count >= LONG_TRIALS and last / first > young_last / young_first * TIMES_SLOWER_MAX:
        raise Disproved(
            f"the p99 of posts was {first:.1f} ms at first and {last:.1f} ms at last, that of a young room {young_first:.1f} "
            f"and {young_last:.1f} ms"
        )
    if batch.count >= LONG_TRIALS and dear > cheap * TIMES_DEARER_MAX:
        raise Disproved(f"a post and all around it took {cheap:.2f} ms on a core at first and {dear:.2f} ms at last")


def _until(is_so: Callable[[], bool], *, what: str) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > until:
            raise Disproved(what)
        time.sleep(0.02)


PROOF = Proof(
    "soak",
    "Hours of a busy room leave nothing behind but its history: at 50 messages a second, with people who come, go, hang up, "
    "search and export, directly and through a broker, nothing is lost or heard twice, every wait and stream ends, and "
    "memory beyond the records, descriptors and the p99 of posts stay flat.",
    "minutes",
    short=1,
    long=120,
    batch=80,  # of one room: the longer it lives, the more there is to stay flat
    run=run,
)
