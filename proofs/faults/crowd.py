"""People and agents who write, wait and read while things fail, and what they were told."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import trio

from proofs.faults.daemons import Process
from proofs.proof import Disproved

PATIENCE_SECONDS = 60.0  # until something happens that has to; a machine may be busy with other tests
HOLD_SECONDS = 2
PACE_SECONDS = 0.03  # of one who writes, on average: without it a daemon has nothing but writers
TROUBLES = ("storage_full", "storage_failed")  # what a room may answer when its disk refuses
ENDINGS = ("message", "heartbeat", "shutdown")  # how a wait may end while its room is open and its token good
ANSWERS_MAX = 300  # between refusals, of a disk that refuses at least every third time
NOTHING = "nothing was recorded"


@dataclass
class Told:
    """What was answered to each text, by the last answer to it."""

    acknowledged: dict[str, int] = field(default_factory=dict)  # its id
    refused: dict[str, str] = field(default_factory=dict)  # the code, where the answer says that nothing was recorded
    uncertain: set[str] = field(default_factory=set)  # the answer says that it is not known, or none came
    refusals: int = 0
    unsure: int = 0  # refusals that say so
    answers: int = 0  # acknowledgements
    codes: set[str] = field(default_factory=set)
    heard: dict[str, list[int]] = field(default_factory=dict)  # by each who waits: ids, in order
    changed: trio.Event = field(default_factory=trio.Event)

    def note(self, text: str, answer: httpx.Response | None) -> bool:
        """Take an answer down (None: none came); whether the text is recorded."""
        self.refused.pop(text, None)
        self.uncertain.discard(text)
        if answer is None:
            self.uncertain.add(text)
        elif answer.is_success:
            self.acknowledged[text] = answer.json()["message"]["id"]
            self.answers += 1
        else:
            self._refused(text, answer)
        self.changed.set()
        self.changed = trio.Event()
        return text in self.acknowledged

    def _refused(self, text: str, answer: httpx.Response) -> None:
        body = answer.json()
        if body["error"] not in TROUBLES or not body["message"].endswith((".", "later", "client_msg_id")):
            raise Disproved(f"a post that the disk refused was answered {answer.status_code} {answer.text}")
        self.codes.add(body["error"])
        self.refusals += 1
        if NOTHING in body["message"]:
            self.refused[text] = body["error"]
        else:
            self.unsure += 1
            self.uncertain.add(text)

    async def until(self, what: str, is_so: Callable[[], bool]) -> None:
        with trio.move_on_after(PATIENCE_SECONDS):
            while not is_so():
                await self.changed.wait()
            return
        raise Disproved(f"waited {PATIENCE_SECONDS:g} s in vain for {what}")

    async def more_answers(self, count: int) -> None:
        goal = self.answers + count
        await self.until(f"{count} acknowledgements", lambda: self.answers >= goal)

    async def more_refusals(self, count: int) -> None:
        goal, answers = self.refusals + count, self.answers
        await self.until(f"{count} refusals", lambda: self.refusals >= goal or self.answers > answers + ANSWERS_MAX)
        if self.refusals < goal:
            raise Disproved(f"the disk refuses, and {self.answers - answers} posts were acknowledged meanwhile")


@dataclass
class Crowd:
    """Everybody of one trial. `back` is set while the daemon is up."""

    room: Process
    tokens: dict[str, str] = field(repr=False)
    name: str  # of the trial: no two texts are the same
    told: Told = field(default_factory=Told)
    back: trio.Event = field(default_factory=trio.Event)
    _is_over: bool = False

    async def ask(self, client: httpx.AsyncClient, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.tokens[who]}"}
        return await client.request(method, self.room.url + path, headers=headers, **more)

    async def write(self, who: str, choices: random.Random) -> None:
        """Say one thing after another; what is refused is said again, or not."""
        number = 0
        async with visiting() as client:
            while not self._is_over:
                await trio.sleep(choices.uniform(0, 2 * PACE_SECONDS))
                number += 1
                text = f"{self.name}-{who}-{number} " + "x" * choices.randrange(600)
                body = {"text": text, "client_msg_id": f"{self.name}-{who}-{number}"}
                insists = choices.random() < 0.5
                while not self._is_over:
                    try:
                        answer = await self.ask(client, who, "POST", "/messages", json=body)
                    except httpx.TransportError:
                        self.told.note(text, None)
                        await self.back.wait()
                        await trio.sleep(0.01)
                        continue
                    if self.told.note(text, answer) or not insists:
                        break

    async def wait(self, who: str, since_id: int) -> None:
        """Hear everything, as agents do."""
        heard = self.told.heard.setdefault(who, [])
        async with visiting() as client:
            while not self._is_over:
                path = f"/wait?participant={who}&since_id={since_id}&hold={HOLD_SECONDS}"
                try:
                    answer = await self.ask(client, who, "GET", path)
                except httpx.TransportError:
                    await self.back.wait()
                    await trio.sleep(0.01)
                    continue
                fields = answer.json()
                if answer.status_code != 200 or fields["reason"] not in ENDINGS:
                    raise Disproved(f"a wait was answered {answer.status_code} {answer.text[:500]}")
                heard += [one["id"] for one in fields["messages"]]
                since_id = fields["next_since_id"]

    def end(self) -> None:
        self._is_over = True


@asynccontextmanager
async def visiting() -> AsyncIterator[httpx.AsyncClient]:
    """A client with connections of its own."""
    async with httpx.AsyncClient(timeout=PATIENCE_SECONDS, trust_env=False) as client:
        yield client
