"""Who is in a room that is soaked: they post, wait, listen, come, go, hang up, search and export, and keep books."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import urlsplit

import h11
import trio
from tests.network.line import ConnectionLost
from tests.network.visitors import PAUSE_SECONDS, Poster, Visitor, Waiter

WORDS = (
    "the",
    "build",
    "is",
    "green",
    "again",
    "ops",
    "please",
    "look",
    "at",
    "two",
    "open",
    "points",
    "journal",
    "wait",
)
_TOLD = re.compile(rb"id: (\d+)\nevent: message\n")
_RECEIVED_BYTES_MAX = 65_536


class Wrong(Exception):
    """Somebody was answered what they should not be."""


@dataclass(eq=False)
class Speaker(Poster):
    """Posts at given moments, however long an answer takes. `took` is when each post was made and how long it took."""

    choices: Random = field(default_factory=Random, repr=False)
    took: list[tuple[float, float]] = field(default_factory=list, repr=False)
    _number: int = 0

    async def speak(self, *, pace_seconds: float, seconds: float) -> None:
        """Post every `pace_seconds` for `seconds`, from a moment of one's own on."""
        due = trio.current_time() + self.choices.random() * pace_seconds
        until = trio.current_time() + seconds
        while due < until:
            await trio.sleep_until(due)
            self._number += 1
            text = ".".join(
                [f"{self.alias}-{self._number}", *self.choices.choices(WORDS, k=self.choices.randrange(14))]
            )
            began = time.perf_counter()
            await self.post(text)
            self.took.append((began, (time.perf_counter() - began) * 1e3))
            if self.wrong:
                raise Wrong(f"{self.alias}: {self.wrong[0]}")
            due += pace_seconds


@dataclass(eq=False)
class Listener(Visitor):
    """Reads the event stream, and opens it again where it was if it breaks. `heard` are the ids it was told."""

    since_id: int = 0
    heard: list[int] = field(default_factory=list, repr=False)
    is_over: bool = False  # it was told that the room has closed

    async def keep_listening(self) -> None:
        while not self.is_over:
            try:
                await self._listen()
            except (OSError, trio.BrokenResourceError, h11.RemoteProtocolError):
                self.troubles.losses["stream"] += 1
                await trio.sleep(PAUSE_SECONDS)

    async def _listen(self) -> None:
        stream, http = await _asked(self, f"/events?since_id={self.since_id}")
        text = b""
        async with stream:
            while True:
                event = http.next_event()
                if event is h11.NEED_DATA:
                    http.receive_data(await stream.receive_some(_RECEIVED_BYTES_MAX))
                elif isinstance(event, h11.Response) and event.status_code != 200:
                    raise Wrong(f"{self.alias} was answered {event.status_code} by the event stream")
                elif isinstance(event, h11.Data):
                    *blocks, text = (text + bytes(event.data)).split(b"\n\n")
                    self._take(blocks)
                elif isinstance(event, h11.EndOfMessage | h11.ConnectionClosed):
                    return

    def _take(self, blocks: Sequence[bytes]) -> None:
        for block in blocks:
            if told := _TOLD.match(block):
                self.since_id = int(told[1])
                self.heard.append(self.since_id)
            self.is_over |= block.startswith(b"event: closed")


@dataclass(eq=False)
class Patient(Waiter):
    """Holds one wait after the other until the room has closed."""

    async def keep_waiting(self) -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(super().keep_waiting)
            while not self.answers["closed"]:
                await self._stirred.wait()
            nursery.cancel_scope.cancel()


@dataclass(eq=False)
class Restless(Visitor):
    """Does one thing after the other, none of them to its end."""

    choices: Random = field(default_factory=Random, repr=False)
    done: dict[str, int] = field(default_factory=dict)

    async def stir(self, *, pace_seconds: float, seconds: float) -> None:
        until = trio.current_time() + seconds
        whims = (
            self._come_and_go,
            self._wait_a_little,
            self._hang_up,
            self._leave_a_stream,
            self._half_a_question,
            self._look,
        )
        while trio.current_time() < until:
            whim = self.choices.choice(whims)
            await whim()
            self.done[whim.__name__[1:]] = self.done.get(whim.__name__[1:], 0) + 1
            await trio.sleep(self.choices.random() * 2 * pace_seconds)

    async def _come_and_go(self) -> None:
        for path in ("/join", "/leave"):
            await self._answered("POST", path, body={})

    async def _wait_a_little(self) -> None:
        await self._answered("GET", "/wait", query={"since_id": 2**40, "hold": 0.2})

    async def _hang_up(self) -> None:
        with trio.move_on_after(self.choices.random() * 0.3):
            await self._answered("GET", "/wait", query={"since_id": 2**40, "hold": 20})
        self.leave()

    async def _leave_a_stream(self) -> None:
        stream, _ = await _asked(self, "/events")
        async with stream:
            await stream.receive_some(_RECEIVED_BYTES_MAX)

    async def _half_a_question(self) -> None:
        parts = urlsplit(self.url)
        stream = await trio.open_tcp_stream(parts.hostname or "", parts.port or 80)
        async with stream:
            await stream.send_all(f"POST {parts.path}/messages HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Le".encode())

    async def _look(self) -> None:
        path = self.choices.choice(("/status", "/brief", "/card", "/profile", "/messages?limit=20", "/"))
        await self._answered("GET", path)

    async def _answered(self, method: str, path: str, **more: object) -> None:
        try:
            answer = await self.ask(method, path, hold_seconds=30, **more)
        except ConnectionLost as error:
            self.troubles.lose(error)
            return
        if not answer.is_success:
            raise Wrong(f"{self.alias} asked for {path} and was answered {answer.status} {answer.text[:200]}")


async def search(visitor: Visitor, choices: Random) -> None:
    """Look for a word or two."""
    words = " ".join(choices.sample(WORDS, 2))
    answer = await visitor.ask("GET", "/search", query={"q": words})
    if answer.status != 200:
        raise Wrong(f"a search was answered {answer.status} {answer.text[:200]}")


async def export(visitor: Visitor) -> int:
    """Take the whole log; how many records it had."""
    answer = await visitor.ask("GET", "/export", query={"format": "jsonl"}, hold_seconds=120)
    if answer.status != 200:
        raise Wrong(f"an export was answered {answer.status} {answer.text[:200]}")
    return answer.body.count(b"\n")


async def again(call: Callable[[], Awaitable[object]], *, pace_seconds: float, seconds: float) -> int:
    """Call it every `pace_seconds` for `seconds`; how often that was."""
    until, count = trio.current_time() + seconds, 0
    while trio.current_time() + pace_seconds < until:
        await trio.sleep(pace_seconds)
        await call()
        count += 1
    return count


async def _asked(visitor: Visitor, path: str) -> tuple[trio.SocketStream, h11.Connection]:
    """A connection on which a GET of `path` was sent."""
    parts = urlsplit(visitor.url)
    http = h11.Connection(h11.CLIENT)
    headers = [("Host", parts.netloc), ("Authorization", f"Bearer {visitor.token}")]
    request = http.send(h11.Request(method="GET", target=parts.path + path, headers=headers))
    stream = await trio.open_tcp_stream(parts.hostname or "", parts.port or 80)
    await stream.send_all((request or b"") + (http.send(h11.EndOfMessage()) or b""))
    return stream, http
