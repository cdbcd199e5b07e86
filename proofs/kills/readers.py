"""Those who read across the kills, in every way there is to follow a room: each has to hear each record once, in order."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import h11
import trio
from tests.network.line import ConnectionLost
from tests.network.visitors import Visitor

from proofs.kills.books import Books, Heard
from proofs.kills.commands import Running
from proofs.kills.doors import verdict

HOLD_SECONDS = 25
MARK_SECONDS = 0.1  # between two marks of one reader
LOOK_SECONDS = 0.02  # between looks at what a command has printed


@dataclass
class Waiting:
    """Holds one /wait after another, as an agent with curl does."""

    visitor: Visitor
    heard: Heard
    books: Books

    async def keep_reading(self) -> None:
        troubles = self.visitor.troubles
        while True:
            query = {"since_id": self.heard.last_id, "hold": HOLD_SECONDS}
            try:
                answer = await self.visitor.ask("GET", "/wait", query=query, hold_seconds=HOLD_SECONDS)
            except ConnectionLost as error:
                await trio.sleep(troubles.lose(error))
                continue
            told = verdict(self.visitor, answer.status, answer.body, "a wait")
            if told is None or told["reason"] == "shutdown":
                await trio.sleep(troubles.pause_seconds)
                continue
            for record in told["messages"]:
                self.heard.hear(record)
            self.books.stir()


@dataclass
class Streaming:
    """Reads /events as a page does, and comes back with the last id it saw. What it saw it marks as read."""

    visitor: Visitor
    heard: Heard
    books: Books
    _http: h11.Connection = field(default_factory=lambda: h11.Connection(h11.CLIENT), repr=False)
    _news: trio.Event = field(default_factory=trio.Event, repr=False)

    async def keep_reading(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._keep_marking)
            while True:
                try:
                    await self._read()
                except (OSError, trio.BrokenResourceError, h11.RemoteProtocolError):
                    pass
                await trio.sleep(self.visitor.troubles.pause_seconds)

    async def _read(self) -> None:
        """One stream, to its end."""
        place = urlsplit(self.visitor.url)
        self._http = h11.Connection(h11.CLIENT)
        request = h11.Request(
            method="GET",
            target=f"{place.path}/events?since_id={self.heard.last_id}",
            headers=[
                ("Host", place.netloc),
                ("Authorization", f"Bearer {self.visitor.token}"),
                ("Accept", "text/event-stream"),
                *self.visitor.headers.items(),
            ],
        )
        async with await trio.open_tcp_stream(place.hostname or "", place.port or 80) as stream:
            await stream.send_all((self._http.send(request) or b"") + (self._http.send(h11.EndOfMessage()) or b""))
            status, rest = 0, b""
            while True:
                event = self._http.next_event()
                if event is h11.NEED_DATA:
                    self._http.receive_data(await stream.receive_some())
                elif isinstance(event, h11.Response):
                    status = event.status_code
                elif isinstance(event, h11.Data):
                    *whole, rest = (rest + bytes(event.data)).split(b"\n\n")
                    if status == 200:
                        self._hear(whole)
                else:
                    if status != 200:
                        verdict(self.visitor, status, rest, "a stream")
                    return

    def _hear(self, events: list[bytes]) -> None:
        for event in events:
            fields = dict(line.split(b": ", 1) for line in event.split(b"\n") if not line.startswith(b":"))
            if fields.get(b"event") == b"message":
                self.heard.hear(json.loads(fields[b"data"]))
        self.books.stir()
        self._news.set()

    async def _keep_marking(self) -> None:
        """Say how far was read whenever there is more."""
        while True:
            await self._news.wait()
            self._news = trio.Event()
            await mark(self.visitor, self.books, self.heard.last_id)
            await trio.sleep(MARK_SECONDS)


async def mark(visitor: Visitor, books: Books, through_id: int) -> None:
    """Say once that `visitor` has read through a record, and note what is confirmed."""
    marks = books.marks[visitor.alias]
    marks.asked = max(marks.asked, through_id)
    try:
        answer = await visitor.ask("POST", "/read", body={"through_id": through_id})
    except ConnectionLost as error:
        await trio.sleep(visitor.troubles.lose(error))
        return
    told = verdict(visitor, answer.status, answer.body, "a mark")
    if told is not None:
        books.confirm(visitor.alias, told["read_id"])


@dataclass
class Attending:
    """`agentgather attend`, one process through all the kills; it prints what it heard."""

    running: Running
    heard: Heard
    books: Books
    _read_bytes: int = 0

    async def keep_reading(self) -> None:
        while True:
            await trio.sleep(LOOK_SECONDS)
            self._look()

    def _look(self) -> None:
        with self.running.log.open("rb") as file:
            file.seek(self._read_bytes)
            *lines, _ = file.read().split(b"\n")
        self._read_bytes += sum(len(line) + 1 for line in lines)
        for line in lines:
            told: dict[str, Any] = json.loads(line)
            for record in told["messages"]:
                self.heard.hear(record)
        if lines:
            self.books.stir()
