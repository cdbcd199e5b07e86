"""What a kill has to do with: who is there, and the hand that sends a request and kills right after it."""

from __future__ import annotations

import json
import math
import random
import socket
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from typing import Any

import trio
from tests.network.visitors import TRANSIENT, Visitor

from proofs.figures import Figures
from proofs.kills.books import Books, Said
from proofs.kills.doors import WebDoor, quick
from proofs.kills.house import PATIENCE_SECONDS, House
from proofs.kills.writers import Gate, Writer
from proofs.proof import Disproved

FIRST_MICROSECONDS = 10
LAST_MICROSECONDS = 30_000  # after a request was sent; its answer takes one to five milliseconds
AFTER_ANSWER_SHARE = 0.4  # of what is sent, and then killed
STANDSTILL_SECONDS = 0.003  # the longest that all others stand still, so that a kill comes to the microsecond
SOON_SECONDS = 0.03
ACKNOWLEDGED_MAX = 4  # posts of one writer between a start and a kill


@dataclass
class Hand:
    """Who sends a single request and kills the daemon right after it. `alias` is a seat of its own.

    `owed` are posts that had no answer: they are said again after the next start.
    """

    alias: str
    token: str = field(repr=False)
    host_token: str = field(repr=False)
    owed: list[Said] = field(default_factory=list)


@dataclass(frozen=True)
class Request:
    """A POST that is sent at once and whole."""

    path: str
    body: dict[str, Any]
    token: str = field(repr=False)

    def content(self, port: int) -> bytes:
        body = json.dumps(self.body).encode()
        head = (
            f"POST {self.path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {self.token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


@dataclass
class Scene:
    """What a moment has to do with."""

    house: House
    books: Books
    gate: Gate
    hand: Hand
    writers: Sequence[Writer]
    chance: random.Random
    figures: Figures

    async def serves(self) -> None:
        """Return once the daemon answers, and everybody's cursors and the latest token are what they were told."""
        await self.house.serves()
        confirmed = self.books.confirmed()
        self.books.check_cursors(confirmed, await asked(self.house.url, self.hand.host_token, "/status"))
        for alias, token in list(self.books.tokens.items())[-1:]:
            if (await asked(self.house.url, token, "/status"))["me"] != alias:
                raise Disproved(f"the token of {alias} is another's")
        door = WebDoor(Visitor(self.house.url, self.hand.alias, self.hand.token, quick()))
        while self.hand.owed:
            if (answer := await door.say(self.hand.owed[-1])) is not None:
                self.books.acknowledge(self.hand.owed.pop(), answer)
        door.visitor.leave()

    async def some_posts(self) -> None:
        """Wait for a few posts of one of the writers: each door gets to speak, and on a slow machine as well."""
        (writer,) = self.chance.choices(self.writers, [1 / (0.02 + one.pause_seconds) for one in self.writers])
        count = self.chance.randint(1, ACKNOWLEDGED_MAX) if writer.pause_seconds < SOON_SECONDS else 1
        await self.books.more(writer.alias, count)

    async def strike(self, *requests: Request) -> list[dict[str, Any] | None]:
        """Send requests, kill the daemon some microseconds later, and only then look what came back.

        Or some microseconds after the answer to the first of them has arrived. Answers the JSON of each success that
        arrived whole.
        """
        delay = math.exp(self.chance.uniform(math.log(FIRST_MICROSECONDS), math.log(LAST_MICROSECONDS))) / 1e6
        with ExitStack() as stack:
            connections = [
                stack.enter_context(socket.create_connection(("127.0.0.1", self.house.port), timeout=PATIENCE_SECONDS))
                for _ in requests
            ]
            for connection, request in zip(connections, requests, strict=True):
                connection.sendall(request.content(self.house.port))
            if self.chance.random() < AFTER_ANSWER_SHARE:
                await trio.lowlevel.wait_readable(connections[0])
            until = time.perf_counter() + delay
            if delay > STANDSTILL_SECONDS:
                await trio.sleep(delay)
            while time.perf_counter() < until:
                pass
            self.house.daemon.kill()
            await self.house.daemon.ended()
            return [_answer(connection) for connection in connections]

    def mark(self) -> Request:
        """The hand says to have read all there is."""
        through_id = max(reader.last_id for reader in self.books.readers)
        marks = self.books.marks[self.hand.alias]
        marks.asked = max(marks.asked, through_id)
        return Request("/read", {"through_id": through_id}, self.hand.token)


async def asked(url: str, token: str, path: str) -> dict[str, Any]:
    """What a daemon that serves answers to a question. Raises Disproved when it refuses."""
    visitor = Visitor(url, "somebody", token)
    answer = await visitor.ask("GET", path)
    visitor.leave()
    if answer.status != 200:
        raise Disproved(f"{path} was answered {answer.status}: {answer.text[:300]}")
    return dict(answer.json())


def _answer(connection: socket.socket) -> dict[str, Any] | None:
    response = HTTPResponse(connection)
    try:
        response.begin()
        content = response.read()
    except (HTTPException, OSError):
        return None
    if response.status in TRANSIENT:
        return None
    if not 200 <= response.status < 300:
        raise Disproved(f"what was asked at the last moment was answered {response.status}: {content[:300]!r}")
    return dict(json.loads(content))
