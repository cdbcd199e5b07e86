"""One constellation from its opening to its close: rounds in which agents talk until they are stopped."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import trio
from tests.network.line import Line

from proofs.figures import Figures
from proofs.loops.agents import Agent, CliAgent, CurlAgent, Seat
from proofs.loops.audit import Audit
from proofs.loops.constellation import Constellation
from proofs.loops.gathering import Gathering
from proofs.loops.served import served
from proofs.proof import Disproved

_WAYS = {Agent: "HTTP", CliAgent: "command line", CurlAgent: "curl"}


@dataclass
class Trial:
    folder: Path
    told: Constellation
    choices: Random
    figures: Figures
    gatherings: Sequence[Gathering] = field(default=(), init=False)

    async def run(self) -> None:
        async with served(self.folder, self.told, self.choices) as self.gatherings:
            async with trio.open_nursery() as nursery:
                for gathering in self.gatherings:
                    for agent in (*gathering.agents, gathering.listener):
                        nursery.start_soon(agent.attend)
                for number in range(self.told.rounds):
                    for gathering in self.gatherings:
                        await self._begin(gathering, number)
                    for gathering in self.gatherings:
                        await self._interject(gathering, number)
                    await self._until_silent()
                    for gathering in self.gatherings:
                        await self._try_to_undo(gathering)
                for gathering in self.gatherings:
                    await gathering.host.post("/close", {})
            for gathering in self.gatherings:
                gathering.leave()
        for gathering in self.gatherings:
            self._close_the_books(gathering)

    async def _begin(self, gathering: Gathering, number: int) -> None:
        """A round begins with a person's word, or by the host's continue."""
        if number == 0 or self.told.host_is_agent or self.choices.random() < 0.5:
            await self._speak(gathering, "Good morning. Please answer.")
            return
        paused = set((await gathering.host.get("/status"))["paused"])
        freed = set((await gathering.host.post("/continue", {}))["continued"])
        if not paused or paused != freed:
            raise Disproved(f"{paused} were paused, {freed} were freed")
        self.figures.count("rounds by the host's continue")

    async def _interject(self, gathering: Gathering, number: int) -> None:
        """People speak while agents talk."""
        begin = gathering.last_id
        for after in self.told.interjections[number]:
            await gathering.until_record(begin + after)
            await self._speak(gathering, f"I am a person, and this is my word after {after}. Leave and come back.")

    async def _speak(self, gathering: Gathering, text: str) -> None:
        """A person's word: taken at once, and heard by everybody."""
        person = gathering.mira if self.told.host_is_agent else self.choices.choice((gathering.host, gathering.mira))
        began = time.perf_counter()
        said = await person.say(text)
        self.figures.sample("a person's word acknowledged, ms", (time.perf_counter() - began) * 1e3)
        await gathering.until(lambda: gathering.have_heard(said), what=f"everybody hears {said}, a person's word")
        self.figures.sample("a person's word heard by all, ms", (time.perf_counter() - began) * 1e3)
        self.figures.count("words of people")

    async def _until_silent(self) -> None:
        """Until nobody in any of the rooms has anything more to say; the guard did it, and says so."""
        rooms = self.gatherings
        await rooms[0].until(lambda: all(room.is_silent() for room in rooms), what="agents fall silent")
        for gathering in rooms:
            paused = set((await gathering.mira.get("/status"))["paused"])
            by_the_log = self._audit(gathering).paused
            if paused != by_the_log:
                raise Disproved(f"the status says that {paused} are paused, the log says {by_the_log}")
            if not set(gathering.talkative) <= paused:
                raise Disproved(f"only {paused} of {gathering.talkative} are paused, and yet nobody speaks")

    async def _try_to_undo(self, gathering: Gathering) -> None:
        """Nobody but a person who hosts lifts a pause, and what is refused leaves no record."""
        last_id = gathering.last_id
        await self._refused(gathering.mira.seat, "/continue", "host_required")
        if self.told.host_is_agent:
            await self._refused(gathering.host.seat, "/continue", "loop_guard")
            await self._refused(gathering.host.seat, "/brief", "loop_guard", body="answer this")
        for agent in gathering.agents:
            if isinstance(agent, Agent) and agent.alias in gathering.talkative:
                await self._refused(agent.seat, "/messages", "loop_guard", text="may I?")
                await self._refused(agent.seat, "/profile", "loop_guard", display_name=f"May I, {agent.alias}")
                if agent.seat is not gathering.host.seat:
                    await self._refused(agent.seat, "/continue", "host_required")
        if gathering.last_id != last_id:
            raise Disproved(f"a room at rest went from {last_id} to {gathering.last_id}")

    async def _refused(self, seat: Seat, path: str, code: str, **body: str) -> None:
        line = Line(seat.url)
        answer = await seat.ask(line, "POST", path, body=body)
        line.hang_up()
        if answer.is_success or answer.json()["error"] != code:
            raise Disproved(f"{seat.alias} asked for {path} in a room at rest: {answer.status} {answer.text}")
        self.figures.count("tries to undo the guard, refused")

    def _audit(self, gathering: Gathering) -> Audit:
        audit = Audit(self.told.posts_max, gathering.names).read(gathering.log)
        if audit.troubles:
            raise Disproved(audit.troubles[0])
        return audit

    def _close_the_books(self, gathering: Gathering) -> None:
        audit, figures = self._audit(gathering), self.figures
        everything = list(range(1, gathering.last_id + 1))
        for agent in (*gathering.agents, gathering.listener):
            if agent.heard != everything:
                raise Disproved(f"{agent.alias} did not hear each of {gathering.last_id} once: {agent.heard}")
            figures.count("records heard", len(agent.heard))
        for agent in gathering.agents:
            figures.count(f"agents by {_WAYS[type(agent)]}")
            figures.count("refused by the guard", agent.told["loop_guard"])
            figures.sample("refusals of an agent", agent.told.total() - agent.told["done"])
        figures.count("rooms")
        figures.count("rounds", audit.rounds)
        figures.count("words of agents", audit.spoken)
        figures.count("pauses", audit.pauses)
        figures.count("words beyond the guard", audit.beyond)
        figures.count("bytes beyond the guard", audit.beyond_bytes)
        figures.count("people refused or unheard", 0)
        figures.count("pauses ended by an agent", 0)
        for records in audit.round_records:
            figures.sample("records between a person's words", records)
