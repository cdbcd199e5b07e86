"""Wakes: each way of waking an agent, against programs that behave like the real ones.

Trial n wakes by the adapter that stands n-th in STAND_INS, round and round; all of a batch's stand-ins run side by side.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import trio

from proofs.proof import Batch, Proof
from proofs.wakes.stand_ins import STAND_INS
from proofs.wakes.trial import Told, account, wake_once

WAKES_EACH = 1_000
BATCH_EACH = 25


def run(batch: Batch) -> None:
    """The trials of each adapter go on in a stand-in of its own."""
    numbers = iter(batch)
    shares: dict[str, list[int]] = {name: [] for name in STAND_INS}
    for number in range(batch.first, batch.first + batch.count):
        shares[list(STAND_INS)[number % len(STAND_INS)]].append(number)
    trio.run(_all, batch, {name: share for name, share in shares.items() if share}, numbers)
    for _ in numbers:
        raise AssertionError("a trial was not made")


async def _all(batch: Batch, shares: dict[str, list[int]], done: Iterator[int]) -> None:
    async with trio.open_nursery() as nursery:
        for name, share in shares.items():
            nursery.start_soon(_adapter, batch, name, share, done)


async def _adapter(batch: Batch, name: str, share: list[int], done: Iterator[int]) -> None:
    told = Told(name, batch.figures)
    with TemporaryDirectory(prefix=f"w{secrets.token_hex(2)}", dir="/tmp") as folder:  # sockets have short paths
        async with STAND_INS[name](Path(folder)) as stand_in:
            for number in share:
                next(done)
                await wake_once(number, stand_in, told, batch.random(number))
            await account(stand_in, told)


PROOF = Proof(
    "wakes",
    "An agent is woken exactly once: by each adapter, whatever the line holds, while a turn runs or begins, while a person "
    "types, and where its program loses the first Enter. No wake is lost or doubled, no running turn is cancelled, and what a "
    "person had half typed stays as it was typed.",
    "wakes",
    short=5 * len(STAND_INS),
    long=WAKES_EACH * len(STAND_INS),
    batch=BATCH_EACH * len(STAND_INS),
    run=run,
)
