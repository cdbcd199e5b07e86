"""Tokens are given out while the roster cannot be written, or no thread is there to write: whoever has a good one keeps it."""

from __future__ import annotations

import random

import httpx
import trio

from proofs.faults.crowd import PATIENCE_SECONDS, TROUBLES, Crowd, visiting
from proofs.faults.disk_trials import end_daemon
from proofs.faults.grid import ENDINGS, Fault
from proofs.faults.injecting import entered, injected
from proofs.faults.room_stand import RoomStand
from proofs.figures import Figures
from proofs.proof import Disproved

GUEST = "eve"
ROTATIONS = 3
NO_THREAD = ("clone3:error=EAGAIN", "clone:error=EAGAIN")


async def fault_of_checkpoints(
    stand: RoomStand, fault: Fault, choices: random.Random, name: str, figures: Figures
) -> None:
    """Posts go on, and what else has to be on disk is refused: a seat keeps the token it had, over a restart too."""
    ending = choices.choice(ENDINGS)
    async with visiting() as client, stand.crowded(name, choices) as crowd:
        await _seated(stand, client)
        with await entered(injected(stand.daemon.pid, fault.injections(""))) as leave:
            before = await _rotated(stand, client, figures)
            await crowd.told.more_answers(6)
            await _told_of(stand, client)
            await end_daemon(stand, crowd, ending, figures)
            await leave()
        if not stand.daemon.is_up:
            await stand.restart(crowd)
        await _hold(stand, before)
        await crowd.told.more_answers(4)
        await stand.healthy()
        if crowd.told.refusals:
            raise Disproved(f"posts were refused because a checkpoint could not be written: {crowd.told.codes}")
    stand.count(crowd.told, figures)


async def no_thread(stand: RoomStand, choices: random.Random, name: str, figures: Figures) -> None:
    """The system gives the daemon no thread: what needs one is refused, and the room stays open."""
    await trio.to_thread.run_sync(stand.daemon.stop)  # a new one has not many yet
    await stand.restart()
    async with visiting() as client, stand.crowded(name, choices) as crowd:
        await _seated(stand, client)
        with await entered(injected(stand.daemon.pid, NO_THREAD)) as leave:
            before = await _rotated(stand, client, figures)
            await _either(crowd)
            await leave()
        await crowd.told.more_answers(6)
        await _hold(stand, before)
        await stand.healthy()
    stand.count(crowd.told, figures)


async def _seated(stand: RoomStand, client: httpx.AsyncClient) -> None:
    if GUEST not in stand.tokens:
        stand.tokens[GUEST] = (await stand.issue(client, GUEST)).json()["token"]


async def _rotated(stand: RoomStand, client: httpx.AsyncClient, figures: Figures) -> list[str]:
    """Ask for new tokens; those that are not good any more."""
    before = []
    headers = {"Authorization": f"Bearer {stand.tokens['ops']}"}
    for outcome in ("tokens given", "tokens refused"):
        figures.count(outcome, 0)
    for _ in range(ROTATIONS):
        answer = await client.post(f"{stand.daemon.url}/participants/{GUEST}/rotate", json={}, headers=headers)
        if answer.is_success:
            before.append(stand.tokens[GUEST])
            stand.tokens[GUEST] = answer.json()["token"]
            figures.count("tokens given")
        elif answer.json()["error"] in TROUBLES:
            figures.count("tokens refused")
        else:
            raise Disproved(f"a rotation was answered {answer.status_code} {answer.text}")
    return before


async def _told_of(stand: RoomStand, client: httpx.AsyncClient) -> None:
    with trio.move_on_after(PATIENCE_SECONDS):
        while (await client.get(f"{stand.daemon.url}/healthz")).status_code == 200:
            await trio.sleep(0.02)
        return
    raise Disproved("the checkpoints cannot be written, and /healthz says that all is well")


async def _hold(stand: RoomStand, before: list[str]) -> None:
    """The last token that was given opens the seat, and none before it."""
    async with visiting() as client:
        for token in (stand.tokens[GUEST], *before):
            answer = await client.get(f"{stand.daemon.url}/status", headers={"Authorization": f"Bearer {token}"})
            if (answer.status_code == 200) != (token == stand.tokens[GUEST]):
                which = "its last" if token == stand.tokens[GUEST] else "one before"
                raise Disproved(
                    f"a seat was asked for with {which} token, and answered {answer.status_code} {answer.text}"
                )


async def _either(crowd: Crowd) -> None:
    """A few posts, recorded or refused: there may be threads enough."""
    goal = crowd.told.answers + crowd.told.refusals + 10
    await crowd.told.until("ten answers", lambda: crowd.told.answers + crowd.told.refusals >= goal)
