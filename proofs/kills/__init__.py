"""kill -9 at any moment: what was acknowledged is there once, in its place, and heard once by whoever follows.

The real daemon serves a room while pages, curl, commands and visitors through a broker write and read, all at once. It is
killed and started again, in one room for a whole batch. Most daemons are forked from a process that has imported
everything, which saves half a second a start; some are executed anew, and those tell how long a start takes.
"""

from __future__ import annotations

import signal

import trio

from proofs.kills.books import Books
from proofs.kills.commands import commands
from proofs.kills.house import PATIENCE_SECONDS, House, open_house
from proofs.kills.log import Log
from proofs.kills.moments import MOMENTS
from proofs.kills.people import People, gather
from proofs.kills.scene import Scene, asked
from proofs.kills.writers import Gate
from proofs.proof import Batch, Disproved, Proof

EXEC_EVERY = 25  # so many kills, one is of a daemon that was executed anew
VERIFY_EVERY = 10  # so many kills, the whole chain is verified; what is new is looked at after each
TRIED = (
    "kills",
    *(f"kills while {moment.__name__}" for moment in MOMENTS),
    "kills of a daemon that was executed anew",
    "kills before it served",
    "kills that left a file half replaced",
    "kills that cut a write in the middle",
    "posts on disk at a kill and not answered yet",
    "daemons that left in order before they could be killed",
    "starts that found a command in the room",
    "commands killed",
    "posts acknowledged",
    "of these, recorded by an earlier try",
    "tries that came to nothing",
    "records in the log",
    "records heard, by all readers",
    "marks of reading confirmed",
    "cursors looked at after a start",
    "tokens handed out",
    "scrubs confirmed",
    "verifications of the whole chain",
)
NEVER = (  # any of them ends the run
    "acknowledged posts that were lost",
    "posts that are recorded twice",
    "gaps in the numbers of records",
    "broken chains",
    "records that a reader missed, heard twice or out of order",
    "records that were heard and are not in the log",
    "cursors behind what was confirmed, or ahead of what was asked",
    "tokens that were handed out and are not known",
    "texts that were to leave the log and did not",
)


def run(batch: Batch) -> None:
    for name in (*TRIED, *NEVER):
        batch.figures.count(name, 0)
    try:
        trio.run(_run, batch)
    except BaseExceptionGroup as group:  # what was seen is one thing, whoever saw it
        seen, _ = group.split(Disproved)
        if seen is None:
            raise
        while isinstance(seen, BaseExceptionGroup):
            seen = seen.exceptions[0]
        raise seen from None


async def _run(batch: Batch) -> None:
    chance = batch.random(batch.first)
    gate, books = Gate(), Books(batch.figures)
    async with commands() as starting, open_house(starting, batch.folder, batch.figures) as house:
        await house.start(is_exec=False)
        await house.serves()
        people = await gather(house, books, starting, gate=gate, chance=chance)
        log = Log(house.room_folder)
        house.daemon.send(signal.SIGTERM)
        await house.daemon.ended()
        async with people.talking():
            for number in batch:
                with trio.fail_after(2 * PATIENCE_SECONDS):
                    await _trial(batch, number, house=house, people=people, books=books, gate=gate)
                _look(log, books, is_whole=number % VERIFY_EVERY == 0)
            await house.start(is_exec=False)
            await house.serves()
        await _end(house, books, log)


async def _trial(batch: Batch, number: int, *, house: House, people: People, books: Books, gate: Gate) -> None:
    """One kill."""
    chance = batch.random(number)
    (moment,) = chance.choices(list(MOMENTS), list(MOMENTS.values()))
    scene = Scene(house, books, gate, people.hand, people.writers, chance, batch.figures)
    while True:
        await house.start(is_exec=number % EXEC_EVERY == 0)
        await moment(scene)
        if await house.killed():
            break
        await house.excuse()
    batch.figures.count("kills")
    batch.figures.count(f"kills while {moment.__name__}")
    batch.figures.count("kills of a daemon that was executed anew", number % EXEC_EVERY == 0)
    batch.figures.count("kills before it served", '"ok"' not in house.daemon.said())
    batch.figures.count("kills that left a file half replaced", any(house.room_folder.glob(".*.tmp")))


def _look(log: Log, books: Books, *, is_whole: bool) -> None:
    """What is on disk after a kill, against what everybody was told."""
    log.read()
    books.figures.count("kills that cut a write in the middle", log.torn_bytes > 0)
    books.audit(log)
    if is_whole:
        log.verify()
        books.figures.count("verifications of the whole chain")


async def _end(house: House, books: Books, log: Log) -> None:
    """Everything was said and heard: the last look, while the daemon serves and after it left in order."""
    confirmed = books.confirmed()
    books.check_cursors(confirmed, await asked(house.url, house.token, "/status"))
    for alias, token in books.tokens.items():
        if (await asked(house.url, token, "/status"))["me"] != alias:
            raise Disproved(f"the token of {alias} is another's")
    house.daemon.send(signal.SIGTERM)
    with trio.fail_after(PATIENCE_SECONDS):
        if code := await house.daemon.ended():
            raise Disproved(f"the daemon left with {code}: {house.daemon.said()[-2000:]}")
    _look(log, books, is_whole=True)
    for record in log.records:  # what a kill kept from leaving the log has left it since
        event = record.get("event", {})
        if event.get("kind") == "message.retracted" and log.records[event["message_id"] - 1]["text"]:
            raise Disproved(f"record {event['message_id']} was to be scrubbed and is still in the log")
    books.figures.count("records in the log", len(log.records))
    books.figures.count("records heard, by all readers", sum(reader.last_id for reader in books.readers))


PROOF = Proof(
    name="kills",
    claim="kill -9 of the daemon at any moment loses no acknowledged post and doubles none, breaks no chain, and moves no "
    "cursor back; and whoever follows the room hears each record once and in order.",
    trials="kills",
    short=300,
    long=10_000,
    batch=150,
    run=run,
)
