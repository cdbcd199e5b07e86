"""Visitors of a room who behave as its instructions say, and who write down everything they were told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import trio

from tests.network.line import Answer, ConnectionLost, Line

PAUSE_SECONDS = 0.2  # before asking again, unless an answer says how long
PAUSE_SECONDS_MAX = 1.0  # of what an answer may say: a test is no patient person
LATE_SECONDS = 45.0  # beyond its hold; a request that nobody answers by then has been forgotten
TRANSIENT = frozenset({502, 503, 504})  # what the protocol has us repeat


@dataclass
class Troubles:
    """What went wrong and was to be expected: stable codes, and connections that ended without an answer.

    `pause_seconds` and `pause_seconds_max` are how long to stay away, unless told, and at most.
    """

    pause_seconds: float = PAUSE_SECONDS
    pause_seconds_max: float = PAUSE_SECONDS_MAX
    codes: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    unstable: list[str] = field(default_factory=list)  # answers that were no error of ours: never to be expected

    def note(self, answer: Answer) -> float:
        """Write down an answer that is no success; the seconds to stay away."""
        try:
            body = answer.json()
            code, said = body["error"], body["message"]
            if body["ok"] is not False or not isinstance(code, str) or not isinstance(said, str):
                raise TypeError("an error says false and two texts")
        except (ValueError, KeyError, TypeError):
            self.unstable.append(f"{answer.status} {answer.text[:200]!r}")
            return self.pause_seconds
        self.codes[f"{answer.status} {code}"] += 1
        return min(float(body.get("retry_after", self.pause_seconds)), self.pause_seconds_max)

    def lose(self, error: ConnectionLost) -> float:
        self.losses[str(error)] += 1
        return self.pause_seconds


@dataclass(eq=False)
class Visitor:
    """Somebody with a token at the public URL of a room. `headers` are sent with each request beside those it needs."""

    url: str
    alias: str
    token: str = field(repr=False)
    troubles: Troubles = field(default_factory=Troubles)
    headers: Mapping[str, str] = field(default_factory=dict, kw_only=True)
    _line: Line | None = field(default=None, repr=False)

    async def ask(self, method: str, path: str, *, hold_seconds: float = 0, **more: Any) -> Answer:
        """`more`: query and body. Raises ConnectionLost when no answer came."""
        if self._line is None:
            self._line = Line(self.url, headers=self.headers)
        return await self._line.ask(method, path, token=self.token, within_seconds=LATE_SECONDS + hold_seconds, **more)

    def leave(self) -> None:
        if self._line is not None:
            self._line.hang_up()

    async def first_answer(self, *, path: str = "/status", pause_seconds: float = 0.02) -> float:
        """Ask until there is an answer; the seconds it took."""
        began = trio.current_time()
        while True:
            try:
                answer = await self.ask("GET", path)
            except ConnectionLost as error:
                self.troubles.lose(error)
            else:
                if answer.status == 200:
                    return trio.current_time() - began
                self.troubles.note(answer)
            await trio.sleep(pause_seconds)


@dataclass(eq=False)
class Poster(Visitor):
    """Posts one message after another, each under its own client_msg_id until it is acknowledged."""

    acknowledged: dict[str, int] = field(default_factory=dict)  # client_msg_id -> id of the record
    repeats: int = 0  # acknowledged as recorded before
    wrong: list[str] = field(default_factory=list)  # answers that no repeating helps
    hangs_up: bool = False  # a connection for each post
    _stopping: trio.Event = field(default_factory=trio.Event, repr=False)

    def stop(self) -> None:
        self._stopping.set()

    async def keep_posting(self, *, pace_seconds: float) -> None:
        """Post until told to stop; then once more what was begun, until it is acknowledged."""
        number = 0
        while not self._stopping.is_set() and not self.wrong:
            number += 1
            await self.post(f"{self.alias}-{number}")
            if self.hangs_up:
                self.leave()
            with trio.move_on_after(pace_seconds):
                await self._stopping.wait()

    async def post(self, text: str) -> None:
        while True:
            try:
                answer = await self.ask("POST", "/messages", body={"text": text, "client_msg_id": text})
            except ConnectionLost as error:
                pause_seconds = self.troubles.lose(error)
            else:
                if answer.is_success:
                    self.acknowledged[text] = answer.json()["message"]["id"]
                    self.repeats += bool(answer.json().get("idempotent"))
                    return
                pause_seconds = self.troubles.note(answer)
                if answer.status not in TRANSIENT:
                    self.wrong.append(f"{answer.status} {answer.text[:200]}")
                    return
            await trio.sleep(pause_seconds)


@dataclass(eq=False)
class Waiter(Visitor):
    """Holds /wait, one after another, and follows next_since_id. `since_id` is where it begins."""

    since_id: int = 0
    hold_seconds: float = 25
    heard: list[int] = field(default_factory=list)  # ids of records, as they were told
    answers: Counter[str] = field(default_factory=Counter)  # reasons of the waits that ended well
    _stirred: trio.Event = field(default_factory=trio.Event, repr=False)

    async def keep_waiting(self) -> None:
        """Wait until cancelled."""
        while True:
            query: dict[str, Any] = {
                "participant": self.alias,
                "since_id": self.since_id,
                "hold": int(self.hold_seconds),
            }
            try:
                answer = await self.ask("GET", "/wait", hold_seconds=self.hold_seconds, query=query)
            except ConnectionLost as error:
                await trio.sleep(self.troubles.lose(error))
                continue
            if answer.status != 200:
                await trio.sleep(self.troubles.note(answer))
                continue
            told = answer.json()
            self.heard += [message["id"] for message in told["messages"]]
            self.since_id = told["next_since_id"]
            self.answers[told["reason"]] += 1
            self._stirred.set()
            self._stirred = trio.Event()
            if told["reason"] == "shutdown":
                await trio.sleep(PAUSE_SECONDS)

    async def heard_through(self, number: int) -> None:
        """Return once record `number` was told."""
        while self.since_id < number:
            await self._stirred.wait()


def untroubled(visitors: Iterable[Visitor]) -> bool:
    """Whether none of them met an error, or lost a connection."""
    return not any(visitor.troubles.codes or visitor.troubles.losses for visitor in visitors)
