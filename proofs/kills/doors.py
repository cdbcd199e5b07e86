"""The doors by which something is said: each tries a post once, and answers what the room said of it, or None."""

from __future__ import annotations

import json
import random
import signal
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import trio
from tests.network.line import ConnectionLost
from tests.network.visitors import TRANSIENT, Troubles, Visitor

from proofs.figures import Figures
from proofs.kills.books import Said
from proofs.kills.commands import Commands
from proofs.proof import Disproved

Json = dict[str, Any]

# What a command may end with while the room is away or another has it open (docs/errors.md); anything else is final.
PASSING = frozenset({"unreachable", "not_served", "host_unavailable", "room_locked", "shutting_down", "too_busy"})
# curl's exit codes for: nobody listens, no answer, an answer cut short, a connection that was reset
LOST = frozenset({7, 18, 52, 55, 56})
CURL_PAUSE_SECONDS = 0.1  # a process costs more than a try of those who have one
COMMANDS_KILLED_OF_10 = 2  # a command is a writer too, and one that opened the room itself is the only one


class Door(Protocol):
    async def say(self, said: Said) -> Json | None:
        """The room's answer to a post that it recorded; None when it is to be tried again. Raises Disproved."""
        ...


def quick() -> Troubles:
    """A visitor's troubles, for one who has no patience: the daemon is back in a moment."""
    return Troubles(pause_seconds=0.03, pause_seconds_max=0.05)


def body_of(said: Said) -> Json:
    return {"text": said.text, "client_msg_id": said.id}


def verdict(visitor: Visitor, status: int, body: bytes, said: str) -> Json | None:
    """The room's answer to `said`, if it was a success; None when it said to come back. Raises Disproved."""
    if 200 <= status < 300:
        return dict(json.loads(body))
    if status not in TRANSIENT:
        raise Disproved(f"{visitor.alias} was told {status} for {said}: {body[:300]!r}")
    return None


@dataclass
class WebDoor:
    """Requests as a page makes them, or another client that keeps its connection."""

    visitor: Visitor

    async def say(self, said: Said) -> Json | None:
        try:
            answer = await self.visitor.ask("POST", "/messages", body=body_of(said))
        except ConnectionLost as error:
            await trio.sleep(self.visitor.troubles.lose(error))
            return None
        told = verdict(self.visitor, answer.status, answer.body, said.id)
        if told is None:
            await trio.sleep(self.visitor.troubles.note(answer))
        return told


@dataclass
class CurlDoor:
    """One curl for each post. The token is in a file of curl's, as a card puts it."""

    visitor: Visitor
    folder: Path

    def __post_init__(self) -> None:
        token = self.folder / "curlrc"
        token.touch(0o600)
        token.write_text(
            f'url = "{self.visitor.url}/messages"\nheader = "Authorization: Bearer {self.visitor.token}"\n'
            'header = "Content-Type: application/json"\ndata-binary = @-\nsilent\nwrite-out = "\\n%{http_code}"\n'
        )

    async def say(self, said: Said) -> Json | None:
        ended = await trio.run_process(
            ["curl", "-q", "-K", str(self.folder / "curlrc")],
            stdin=json.dumps(body_of(said)).encode(),
            capture_stdout=True,
            check=False,
        )
        if ended.returncode in LOST:
            await trio.sleep(CURL_PAUSE_SECONDS)
            return None
        if ended.returncode:
            raise Disproved(f"curl ended with {ended.returncode}: {ended.stdout[:300]!r}")
        body, _, status = ended.stdout.rpartition(b"\n")
        told = verdict(self.visitor, int(status), body, said.id)
        if told is None:
            await trio.sleep(CURL_PAUSE_SECONDS)
        return told


@dataclass
class CommandDoor:
    """`agentgather send`. From the home of the room it opens the room itself while nobody serves it.

    Some of the commands are killed as well.
    """

    commands: Commands
    home: Path
    chance: random.Random
    figures: Figures
    exec_every: int  # so many commands, one is executed anew
    _count: int = field(default=0, repr=False)

    async def say(self, said: Said) -> Json | None:
        self._count += 1
        running = await self.commands.start(
            *("send", "--to", "ops", "--text", said.text, "--client-msg-id", said.id, "--json"),
            home=self.home,
            log=self.home / f"send-{self._count}.log",
            is_exec=self._count % self.exec_every == 0,
        )
        if self.chance.randrange(10) < COMMANDS_KILLED_OF_10:
            with trio.move_on_after(self.chance.uniform(0, 0.15)):
                await running.ended()
            running.kill()
        code = await running.ended()
        said_last = running.said().strip().rpartition("\n")[2]
        running.log.unlink()
        if code == -signal.SIGKILL:
            self.figures.count("commands killed")
            return None
        if code == 0:
            return dict(json.loads(said_last))
        if _code_of(said_last) not in PASSING:
            raise Disproved(f"agentgather send ended with {code}: {said_last[-600:]}")
        return None


def _code_of(line: str) -> str | None:
    try:
        value = json.loads(line)
    except ValueError:
        return None
    return str(value.get("error")) if isinstance(value, dict) else None
