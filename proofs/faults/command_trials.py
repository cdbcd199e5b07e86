"""Commands that write the home of their user while its disk refuses: they end with a word of the table, and nothing is half
done."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import trio
from tests.cli.terminal import Ran as Told
from tests.cli.terminal import environment, tell

from proofs.faults.crowd import NOTHING
from proofs.faults.small_disk import PLACE, SmallDisk
from proofs.figures import Figures
from proofs.proof import Disproved

# That nobody but a command of ours makes, and about how often it does.
CALLS = {"fsync": 8, "fdatasync": 1, "rename": 5, "link": 1, "mkdir": 3, "fchmod": 6, "ftruncate": 1}
ERRORS = ("EIO", "ENOSPC", "EDQUOT", "EROFS", "EACCES")
PAGES_LEFT = 6  # of the disk, at most, where it is nearly full: a command writes about as many files
CODES = ("storage_full", "storage_failed", "file_refused", "file_not_found")
SECONDS = 120
TRACED = PLACE / "traced"

Ran = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class CommandStand:
    """A home on a disk of its own, and the commands of whoever lives there. No daemon runs."""

    disk: SmallDisk

    def run(self, *words: str, traced: tuple[str, ...] = ()) -> Ran:
        """A command as its user runs it."""
        command = [*self.disk.entering, *traced, sys.executable, "-m", "agentgather", *words, "--json"]
        return subprocess.run(
            command,
            env=environment(PLACE / "desk", {"PYTHONDONTWRITEBYTECODE": "1"}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )

    def tell(self, *words: str, token: str | None = None) -> Told:
        """The same in this process, which is quicker."""
        environ = {"AGENTGATHER_TOKEN": token} if token else {}
        return tell(self.disk.seen_from_here(PLACE / "desk"), *words, "--json", environ=environ)

    def answer(self, *words: str, token: str | None = None) -> dict[str, Any]:
        """The answer of a command that has to go well."""
        told = self.tell(*words, token=token)
        if told.code != 0:
            raise Disproved(f"the cause is gone, and {' '.join(words)} ends with {told.code}: {told.err}")
        return dict(json.loads(told.out))


async def fault_of_home(stand: CommandStand, choices: random.Random, name: str, figures: Figures) -> None:
    """A room is opened, spoken in, and its host given a new token: one of these commands meets a fault."""
    await trio.to_thread.run_sync(_fault_of_home, stand, choices, name, figures)


def _fault_of_home(stand: CommandStand, choices: random.Random, room: str, figures: Figures) -> None:
    start, send, rotate = ("room", "start", room), ("send", "--to", "host", "--text", room), ("room", "rotate", "host")
    failing = choices.choice((start, send, rotate))
    if failing != start:
        stand.answer(*start)
    ran, told = _met(stand, failing, choices, figures)
    if ran.returncode != 0:
        _check_error(ran, told)
        figures.count("commands refused")
    try:
        if failing == start:
            _started(stand, start, ran)
        elif failing == send:
            _sent(stand, room, ran)
        else:
            _rotated(stand, ran)
        stand.answer("verify", str(stand.disk.seen_from_here(PLACE / "desk" / "rooms" / room)))
    except Disproved as broken:
        raise Disproved(f"{told} ended with {ran.returncode}: {ran.stdout}{ran.stderr} - and then: {broken}") from None


def _met(stand: CommandStand, words: tuple[str, ...], choices: random.Random, figures: Figures) -> tuple[Ran, str]:
    """Run a command on a disk that fails once, or is nearly full; also what it met."""
    if choices.random() < 0.25:
        pages = choices.randint(0, PAGES_LEFT)
        with ExitStack() as full:
            full.enter_context(stand.disk.full(but_pages=pages))
            figures.count("commands on a disk that is full")
            return stand.run(*words), f"{' '.join(words)} on a disk with {pages} pages left"
    call, error = choices.choice(list(CALLS)), choices.choice(ERRORS)
    number = choices.randint(1, CALLS[call])
    injection = f"{call}:error={error}:when={number}"
    traced = ("strace", "-f", "--seccomp-bpf", "-o", str(TRACED), "-e", f"trace={call}", "-e", f"inject={injection}")
    ran = stand.run(*words, traced=traced)
    has_met = "INJECTED" in stand.disk.seen_from_here(TRACED).read_text()
    figures.count("commands that met an error of a call", int(has_met))
    return ran, f"{' '.join(words)} with {injection}"


def _check_error(ran: Ran, told: str) -> None:
    try:
        error = json.loads(ran.stderr)
    except ValueError:
        raise Disproved(f"{told} ended with {ran.returncode} and said {ran.stderr[-1500:]}") from None
    if error["error"] not in CODES or not error["message"]:
        raise Disproved(f"{told} ended with {ran.stderr}")


def _started(stand: CommandStand, start: tuple[str, ...], ran: Ran) -> None:
    """The room is there and its host's seat is held, or it can be made now."""
    if ran.returncode != 0:
        again = stand.tell(*start)
        if again.code != 0 and again.error["error"] != "room_exists":
            raise Disproved(f"the cause is gone, and the room cannot be made: {again.err}")
    stand.answer("room", "status", "--room", start[-1])


def _sent(stand: CommandStand, text: str, ran: Ran) -> None:
    records = stand.answer("messages")["messages"]
    there = sum(record["text"] == text for record in records)
    if ran.returncode == 0 and there != 1:
        raise Disproved(f"it was sent, and is there {there} times")
    if ran.returncode != 0 and there and NOTHING in ran.stderr:
        raise Disproved("it was refused, and is there")


def _rotated(stand: CommandStand, ran: Ran) -> None:
    """The host is still in: with the seat of this home, or with the token that was shown."""
    if stand.tell("room", "status").code != 0:
        token = json.loads(ran.stdout or "{}").get("token")
        if token is None:
            raise Disproved("the host has no token any more")
        stand.answer("room", "status", token=token)
