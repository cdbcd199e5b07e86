"""Names are given out while the broker's file of leases cannot be written: whoever was given one keeps it."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import AbstractContextManager

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from agentgather.wire.frames import Refused
from proofs.faults.broker_stand import BrokerStand
from proofs.faults.crowd import visiting
from proofs.faults.grid import ENDINGS, Fault
from proofs.faults.injecting import entered, injected
from proofs.figures import Figures
from proofs.proof import Disproved

CLAIMS = 3


async def fault_of_leases(
    stand: BrokerStand, fault: Fault, choices: random.Random, name: str, figures: Figures
) -> None:
    """One of the calls on the file fails, each time."""
    await _refused(stand, lambda: injected(stand.daemon.pid, fault.injections("")), choices, name, figures)


async def full_disk(stand: BrokerStand, choices: random.Random, name: str, figures: Figures) -> None:
    """There is no room for the file (ENOSPC)."""
    await _refused(stand, stand.disk.full, choices, name, figures)


async def _refused(
    stand: BrokerStand,
    refusing: Callable[[], AbstractContextManager[None]],
    choices: random.Random,
    name: str,
    figures: Figures,
) -> None:
    stand.owners.clear()
    keys = [Ed25519PrivateKey.generate() for _ in range(CLAIMS)]
    resident = Ed25519PrivateKey.generate()
    ending = choices.choice(ENDINGS)
    async with visiting() as client, stand.steady(f"{name}-steady", resident):
        stand.owners[f"{name}-steady"] = resident
        with await entered(refusing()) as leave:
            for number, key in enumerate(keys):
                said = await stand.claim(f"{name}-{number}", key)
                if isinstance(said, Refused) and said.code != "storage_unavailable":
                    raise Disproved(f"a name that cannot be noted was refused with {said}")
                figures.count("names refused" if isinstance(said, Refused) else "names given")
            await stand.visit(client, f"{name}-steady")
            if ending != "heals":
                await trio.to_thread.run_sync(stand.daemon.stop if ending == "stopped" else stand.daemon.kill)
            await leave()
    if not stand.daemon.is_up:
        await trio.to_thread.run_sync(stand.daemon.start)
    for number, key in enumerate(keys):  # also those who were refused: the cause is gone
        if isinstance(said := await stand.claim(f"{name}-{number}", key), Refused):
            raise Disproved(f"the cause is gone, and a name is refused with {said}")
    await stand.hold(figures)
