"""A door where nobody can be let in: the file table is full, or accept(2) fails. Those inside are served, the others wait."""

from __future__ import annotations

import random
import resource
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from urllib.parse import urlsplit

import httpx
import trio

from proofs.faults.crowd import PATIENCE_SECONDS, visiting
from proofs.faults.daemons import Process
from proofs.faults.injecting import entered, injected
from proofs.figures import Figures
from proofs.proof import Disproved

KNOCKING = 12  # clients at the door; fewer than a table that is full has places for
WATCHED_SECONDS = 1.0
PAUSE_SECONDS = 0.1  # of a door that is shut, between one try and the next
ACCEPT = ("accept", "accept4")

Inside = Callable[[httpx.AsyncClient], Awaitable[None]]


async def full_table(daemon: Process, inside: Inside, choices: random.Random, figures: Figures) -> None:
    """The process may open a few files more, then none (EMFILE), until it may again."""
    spare = choices.randint(0, 4)

    @contextmanager
    def full(noted: Path) -> Iterator[None]:
        free = (number for number in range(1 << 16) if number not in set(daemon.open_files()))
        daemon.limit(resource.RLIMIT_NOFILE, [next(free) for _ in range(spare + 1)][-1])
        try:
            with injected(daemon.pid, ACCEPT, noted=noted):
                yield
        finally:
            daemon.limit(resource.RLIMIT_NOFILE, resource.RLIM_INFINITY)

    await _shut(daemon, full, inside, figures, kept_out=KNOCKING - spare)


async def failing_accept(daemon: Process, inside: Inside, error: str, figures: Figures) -> None:
    """accept fails with what lasts until somebody closes a file."""
    calls = [f"{call}:error={error}" for call in ACCEPT]
    await _shut(daemon, lambda noted: injected(daemon.pid, calls, noted=noted), inside, figures, kept_out=KNOCKING)


async def stumbling_accept(daemon: Process, inside: Inside, error: str, figures: Figures) -> None:
    """accept fails with what is over the next time, again and again: everybody is let in."""
    calls = [f"{call}:error={error}:when=1+2" for call in ACCEPT]
    async with visiting() as client:
        await inside(client)
        with await entered(injected(daemon.pid, calls)):
            async with trio.open_nursery() as nursery:
                gone = trio.Event()
                gone.set()
                for _ in range(KNOCKING):
                    nursery.start_soon(_knock, daemon.url, trio.Event(), gone)
                await inside(client)
    figures.count("clients who came while accept failed", KNOCKING)


async def _shut(
    daemon: Process,
    shutting: Callable[[Path], AbstractContextManager[None]],
    inside: Inside,
    figures: Figures,
    *,
    kept_out: int,
) -> None:
    with TemporaryDirectory() as folder:
        noted = Path(folder) / "accepts"
        async with visiting() as client, trio.open_nursery() as nursery:
            await inside(client)
            let_in = [trio.Event() for _ in range(KNOCKING)]
            gone = trio.Event()
            began = monotonic()
            with await entered(shutting(noted)) as leave:
                for one in let_in:
                    nursery.start_soon(_knock, daemon.url, one, gone)
                since, used = monotonic(), daemon.cpu_seconds()
                while monotonic() < since + WATCHED_SECONDS:
                    await inside(client)
                    await trio.sleep(0.05)
                share = (daemon.cpu_seconds() - used) / (monotonic() - since)
                outside = sum(not one.is_set() for one in let_in)
                await leave()
            tries, tries_max = len(noted.read_text().splitlines()), (monotonic() - began) / PAUSE_SECONDS + 2 * KNOCKING
            gone.set()
    figures.sample("CPU while nobody can be let in, % of a core", share * 100)
    if outside < kept_out:
        raise Disproved(f"the door was to be shut, and {KNOCKING - outside} of {KNOCKING} came in")
    if tries > tries_max:
        raise Disproved(f"nobody can be let in, and it was tried {tries} times, where {tries_max:.0f} were many")
    figures.count("tries to let somebody in meanwhile", tries)
    figures.count("clients who waited at a shut door", outside)
    figures.count("clients who were left there", 0)


async def _knock(url: str, let_in: trio.Event, gone: trio.Event) -> None:
    """Ask once, on a connection of one's own; set `let_in` at the first byte of an answer, and stay until `gone` is."""
    address = urlsplit(url)
    assert address.hostname is not None
    with trio.move_on_after(PATIENCE_SECONDS):
        async with await trio.open_tcp_stream(address.hostname, address.port or 80) as stream:
            await stream.send_all(f"GET /healthz HTTP/1.1\r\nHost: {address.netloc}\r\n\r\n".encode())
            if not (answer := await stream.receive_some(65_536)).startswith(b"HTTP/1.1 "):
                raise Disproved(f"who waited at the door was answered {answer!r}")
            let_in.set()
            await gone.wait()
    if not let_in.is_set():
        raise Disproved(f"who waited at the door was not let in within {PATIENCE_SECONDS:g} s")
