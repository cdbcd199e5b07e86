"""A room whose disk refuses, is full, or takes its time, while people write and wait."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import trio

from proofs.faults.crowd import Crowd, visiting
from proofs.faults.grid import Choices, Fault
from proofs.faults.injecting import entered, injected
from proofs.faults.room_stand import LOG, RoomStand
from proofs.figures import Figures
from proofs.proof import Disproved

Refusing = Callable[[], AbstractContextManager[None]]


async def fault_of_log(stand: RoomStand, fault: Fault, choices: random.Random, name: str, figures: Figures) -> None:
    """One of the calls on the log is answered by an error, or late."""
    way = Choices.of(choices)

    def refusing() -> AbstractContextManager[None]:
        return injected(stand.daemon.pid, fault.injections(way.times), within=[LOG])

    if fault.is_refusing:
        await _refused(stand, refusing, way, choices, name, figures)
    else:
        await _unnoticed(stand, refusing, choices, name, figures)


async def full_disk(stand: RoomStand, choices: random.Random, name: str, figures: Figures) -> None:
    """There is no room on the disk, for the log or anything else (ENOSPC): a daemon comes up on it all the same."""
    way = Choices("", choices.randint(2, 8), choices.choice(("heals", "restarted")))
    await _refused(stand, stand.disk.full, way, choices, name, figures)


async def file_at_its_end(stand: RoomStand, choices: random.Random, name: str, figures: Figures) -> None:
    """No file may grow beyond a length (EFBIG): the log takes a part of what is written, then nothing."""
    length = stand.disk.seen_from_here(LOG).stat().st_size

    @contextmanager
    def refusing() -> Iterator[None]:
        stand.daemon.limit(resource.RLIMIT_FSIZE, length + choices.randint(1, 5000))
        try:
            yield
        finally:
            if stand.daemon.is_up:
                stand.daemon.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)

    way = Choices("", choices.randint(2, 8), choices.choice(("heals", "killed", "stopped")))
    await _refused(stand, refusing, way, choices, name, figures)


async def _refused(
    stand: RoomStand, refusing: Refusing, way: Choices, choices: random.Random, name: str, figures: Figures
) -> None:
    async with stand.crowded(name, choices) as crowd:
        with await entered(refusing()) as leave:
            await crowd.told.more_refusals(way.refusals)
            if not way.times:
                await _look(stand, crowd, figures)
            await end_daemon(stand, crowd, way.ending, figures)
            if way.ending == "restarted":
                await crowd.told.more_refusals(way.refusals)
                await _look(stand, crowd, figures)
            await leave()
        if not stand.daemon.is_up:
            await stand.restart(crowd)
        await crowd.told.more_answers(6)
        await stand.healthy()
    stand.count(crowd.told, figures)


async def _unnoticed(stand: RoomStand, refusing: Refusing, choices: random.Random, name: str, figures: Figures) -> None:
    async with stand.crowded(name, choices) as crowd:
        with await entered(refusing()) as leave:
            await crowd.told.more_answers(10)
            await leave()
        if crowd.told.refusals:  # they pass, or only take long
            raise Disproved(f"posts were refused for something that passes: {crowd.told.codes}")
    stand.count(crowd.told, figures)


async def _look(stand: RoomStand, crowd: Crowd, figures: Figures) -> None:
    """While nothing can be recorded: reading goes on, and who asks how the room is hears it."""
    async with visiting() as client:
        health = await client.get(f"{stand.daemon.url}/healthz")
        if health.status_code != 503 or health.json()["error"] not in crowd.told.codes:
            raise Disproved(f"posts are refused ({crowd.told.codes}), and /healthz says {health.text}")
        for path in ("/status", "/messages?limit=5", "/wait?participant=ops&since_id=999999&hold=0"):
            answer = await crowd.ask(client, "ops", "GET", path)
            if answer.status_code != 200:
                raise Disproved(f"while nothing can be recorded, {path} is answered {answer.status_code} {answer.text}")
    figures.count("reads answered while nothing could be recorded", 4)


async def end_daemon(stand: RoomStand, crowd: Crowd, ending: str, figures: Figures) -> None:
    """What becomes of the daemon while its disk refuses."""
    if ending == "heals":
        return
    crowd.back = trio.Event()
    if ending == "stopped":
        code = await trio.to_thread.run_sync(stand.daemon.stop)
        if code != 0:
            raise Disproved(f"told to stop while its disk refused, the daemon ended with {code}")
    else:
        await trio.to_thread.run_sync(stand.daemon.kill)
    figures.count(f"daemons {'stopped' if ending == 'stopped' else 'killed'} meanwhile")
    if ending == "restarted":
        await stand.restart(crowd)
