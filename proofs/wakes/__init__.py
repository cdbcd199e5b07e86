"""Wakes: each way of waking an agent, against programs that behave like the real ones.

Trial n wakes by the adapter that stands n-th in STAND_INS, round and round. A batch runs several stand-ins of each side by
side, since a wake is mostly waiting; each of them has one wake after the other.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from proofs.figures import Figures
from proofs.proof import Batch, Proof
from proofs.wakes.stand_ins import STAND_INS
from proofs.wakes.trial import Told, account, wake_once

WAKES_EACH = 1_000
BATCH_EACH = 40
STAND_IN_WAKES = 10  # of one stand-in in a batch


def run(batch: Batch) -> None:
    """The trials of each adapter go on in stand-ins of their own."""
    numbers = iter(batch)
    shares: dict[str, list[int]] = {name: [] for name in STAND_INS}
    for number in range(batch.first, batch.first + batch.count):
        shares[list(STAND_INS)[number % len(STAND_INS)]].append(number)
    figures = {name: Figures() for name in shares}
    trio.run(_all, batch, shares, figures, numbers)
    for found in figures.values():  # those of one way stand together
        batch.figures.add(found)
    for _ in numbers:
        raise AssertionError("a trial was not made")


async def _all(batch: Batch, shares: dict[str, list[int]], figures: dict[str, Figures], done: Iterator[int]) -> None:
    async with trio.open_nursery() as nursery:
        for name, share in shares.items():
            for first in range(0, len(share), STAND_IN_WAKES):
                part = share[first : first + STAND_IN_WAKES]
                nursery.start_soon(_stand_in, batch, part, Told(name, figures[name]), done)


async def _stand_in(batch: Batch, share: list[int], told: Told, done: Iterator[int]) -> None:
    """The trials of `share`, in order, with one stand-in."""
    told.count_nothing()
    with TemporaryDirectory(prefix=f"w{secrets.token_hex(2)}", dir="/tmp") as folder:  # sockets have short paths
        async with STAND_INS[told.name](Path(folder)) as stand_in:
            for circumstance in stand_in.plays:
                told.count(circumstance, 0)
            for number in share:
                next(done)
                await wake_once(number, stand_in, told, batch.random(number))
            await account(stand_in, told)


PROOF = Proof(
    "wakes",
    "An agent is woken exactly once: by each adapter, whatever the line holds, while a turn runs or begins, while a person "
    "types, and where its program loses the first Enter. No wake is lost or doubled, no turn that can be seen to run is "
    "cancelled, and what a person had half typed stays as it was typed.",
    "wakes",
    short=5 * len(STAND_INS),
    long=WAKES_EACH * len(STAND_INS),
    batch=BATCH_EACH * len(STAND_INS),
    run=run,
)
