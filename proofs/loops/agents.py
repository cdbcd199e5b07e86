"""Agents in the three ways there are: a loop over HTTP, the attend command, and a shell script made of a card's commands."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen
from typing import Any

import trio
from tests.cli.commands import run
from tests.journeys.curl_agent import start_attending
from tests.network.line import Answer, Line

from agentgather.store.home import Home
from proofs.loops.characters import Act, Character, Me
from proofs.proof import Disproved

ANSWER_SECONDS_MAX = 120.0  # for any answer on a busy machine; a wait is held less than half of that
HOLD_SECONDS = 50
CLI_TEXT = "I read this and answer it, whatever it says."


@dataclass(frozen=True, slots=True)
class Seat:
    """Somebody's place in a room, and where the room is."""

    url: str
    alias: str
    token: str = field(repr=False)

    async def ask(self, line: Line, method: str, path: str, **more: Any) -> Answer:
        return await line.ask(method, path, token=self.token, within_seconds=ANSWER_SECONDS_MAX, **more)


@dataclass(eq=False)
class Agent:
    """Waits, and does what its character makes of each message that is not its own; until the room closes.

    `mouth` is where it speaks: its own seat, or one in another room. A `character` of None only listens.
    """

    seat: Seat
    me: Me
    character: Character | None = None
    mouth: Seat | None = None
    heard: list[int] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)  # what its acts were answered with
    reason: str = ""  # how its last wait ended

    @property
    def alias(self) -> str:
        return self.seat.alias

    async def attend(self) -> None:
        ear, mouth, since_id = Line(self.seat.url), Line((self.mouth or self.seat).url), 0
        while self.reason != "closed":
            query = {"since_id": since_id, "hold": HOLD_SECONDS}
            answer = await self.seat.ask(ear, "GET", "/wait", query=query)
            if answer.status != 200:
                raise Disproved(f"{self.alias} was told {answer.status} {answer.text[:200]} by a wait")
            told = answer.json()
            since_id, self.reason = told["next_since_id"], told["reason"]
            for message in told["messages"]:
                self.heard.append(message["id"])
                if self.character is not None and message["from"] != self.alias:
                    for act in self.character(message, self.me):
                        await self._do(mouth, act)
        ear.hang_up()
        mouth.hang_up()

    async def _do(self, line: Line, act: Act) -> None:
        seat = self.mouth or self.seat
        for _ in range(act.tries):
            answer = await seat.ask(line, "POST", act.path, body=act.body)
            said = answer.json()
            self.told[said.get("error", "done")] += 1
            if answer.status == 201 and act.path == "/messages":
                self.me.own.append(said["message"]["id"])
                if (said["message"]["from"], said["message"]["type"] == "system") != (seat.alias, False):
                    raise Disproved(f"{seat.alias} spoke as {said['message']['from']}: {said}")
            if answer.is_success:
                return


@dataclass(eq=False)
class CliAgent:
    """Runs `agentgather attend --until message`, sends an answer to the newest it was shown, and begins again."""

    alias: str
    home: Home
    heard: list[int] = field(default_factory=list)
    told: Counter[str] = field(default_factory=Counter)

    async def attend(self) -> None:
        while True:
            ran = await run(self.home, "attend", "--until", "message", "--json")
            batches = [json.loads(line) for line in ran.out.splitlines()]
            if ran.code != 0 or not batches:
                raise Disproved(f"{self.alias}: attend ended with {ran.code}: {ran.err}")
            shown = [message for batch in batches for message in batch["messages"]]
            self.heard += [message["id"] for message in shown]
            if authors := [message["from"] for message in shown if message["from"] not in (self.alias, "system")]:
                sent = await run(self.home, "send", authors[-1], CLI_TEXT, "--json")
                self.told["done" if sent.code == 0 else sent.error["error"]] += 1
            if batches[-1]["reason"] == "closed":
                return


@dataclass(eq=False)
class CurlAgent:
    """A shell script of its card's commands, which answers whoever calls it. Needs bash and curl."""

    alias: str
    card: str = field(repr=False)
    home: Path
    told: Counter[str] = field(default_factory=Counter)
    _process: Popen[bytes] | None = None

    @property
    def heard(self) -> list[int]:
        lines = (self.home / "heard.jsonl").read_text().splitlines()
        return [message["id"] for line in lines for message in json.loads(line)["messages"]]

    async def attend(self) -> None:
        self.home.mkdir()
        process = self._process = start_attending(self.card, self.home)
        try:
            out, _ = await trio.to_thread.run_sync(process.communicate, abandon_on_cancel=True)
            said = [json.loads(line) for line in out.decode().splitlines() if line.startswith("{")]
            self.told.update(one.get("error", "done") for one in said if "message" in one)
        finally:
            if process.poll() is None:
                process.kill()
