"""Those who behave: they talk, listen, read and host, over whatever breaks, and hold every answer against the books."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any

import httpx
import trio

from agentgather.client.errors import Refused
from agentgather.client.follow import Follower as ClientFollower
from agentgather.client.room_client import RoomClient
from agentgather.room.participant import Policy
from proofs.proof import Disproved
from proofs.simulation.asking import Answer, Door, Lost, Visitor
from proofs.simulation.books import Asked, Books
from proofs.simulation.calendar import Calendar
from proofs.simulation.claims import Claims
from proofs.simulation.trace import Trace
from proofs.simulation.weather import Weather

AGAIN_SECONDS = (0.05, 3.0)  # before who got no answer asks again
PATIENCE_SECONDS = 120.0  # beyond the hold of a wait: longer than anything a world breaks stays broken
SETTLED_SECONDS = 180.0  # after something broke: every daemon is back by then, and every link
HOST = "the room's host"  # by its key
GONE_CODES = frozenset({"unauthorized", "token_expired", "removed"})  # an agent that hears it stops


@dataclass
class Agent:
    """Somebody with a seat. `door` is how it reaches the room; `pace` the seconds between two things that it does."""

    alias: str
    token: str = field(repr=False)
    door: Door
    books: Books
    trace: Trace
    random: Random
    calendar: Calendar
    claims: Claims
    weather: Weather
    pace: tuple[float, float] = (1.0, 20.0)
    is_done: bool = False

    def __post_init__(self) -> None:
        self.visitor = Visitor(self.door, self.token)

    @property
    def is_near(self) -> bool:
        return self.door.name == "loopback"

    async def pause(self) -> None:
        """Until there is something to do."""
        await self.calendar.busy()
        await trio.sleep(self.random.uniform(*self.pace))

    async def ask(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, seconds: float = PATIENCE_SECONDS
    ) -> tuple[Asked, Answer]:
        """Ask once. Raises Lost."""
        asked = self.books.asks()
        try:
            answer = await self.visitor.ask(method, path, body, seconds=seconds)
        except Lost as lost:
            self.trace(f"{self.alias} {method} {path} lost: {lost}")
            self.books.figures.count("answers lost")
            if asked.at > self.weather.since + SETTLED_SECONDS:
                raise Disproved(f"{self.alias} asked {method} {path}, nothing was broken, and: {lost}") from None
            raise
        self.trace(f"{self.alias} {method} {path} {answer.status} {len(answer.body)}")
        if answer.status == 200 and self.door.slug:
            self.claims.answered(self.door.slug, HOST)
        return asked, answer

    async def asking(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[Asked, Answer] | None:
        """Ask until something says yes; None when it was said no for good, after which the agent may be done."""
        while True:
            try:
                asked, answer = await self.ask(method, path, body)
            except Lost:
                await trio.sleep(self.random.uniform(*AGAIN_SECONDS))
                continue
            if answer.status < 300:
                return asked, answer
            if not await self.may_go_on(answer):
                return None

    async def may_go_on(self, answer: Answer) -> bool:
        """Take a no; whether asking the same again may help, once some time has passed."""
        code = self.books.refused(self.alias, answer)
        self.trace(f"{self.alias} refused: {code}")
        if code in GONE_CODES:
            self.is_done = True
        if answer.status in (429, 502, 503, 504) and code != "loop_guard":
            await trio.sleep(float(answer.json.get("retry_after", 1)) + self.random.uniform(*AGAIN_SECONDS))
            return True
        return False


class Talker(Agent):
    """Posts, and posts again with the same client_msg_id until it knows; now and then takes something back."""

    async def run(self) -> None:
        count = 0
        while not self.is_done:
            await self.pause()
            count += 1
            if self.random.random() < 0.4:
                await self._say_once(f"{self.alias} says once {count}")
            else:
                await self._say(f"{self.alias} says {count}", f"{self.alias}-{count}")

    async def _say(self, text: str, client_msg_id: str) -> None:
        self.books.says(self.alias, text, may_repeat=True)
        done = await self.asking("POST", "/messages", {"text": text, "client_msg_id": client_msg_id})
        if done is None:
            return
        asked, answer = done
        self.books.posted(asked, self.alias, text, answer.json)
        if self.random.random() < 0.05:
            await self.asking("POST", f"/messages/{answer.json['message']['id']}/retract", {})

    async def _say_once(self, text: str) -> None:
        """Without an id to know it by: nobody may ask a second time, whatever becomes of it."""
        self.visitor.leave()
        self.books.says(self.alias, text, may_repeat=False)
        try:
            asked, answer = await self.ask("POST", "/messages", {"text": text})
        except Lost:
            return
        if answer.status < 300:
            self.books.posted(asked, self.alias, text, answer.json)
        else:
            await self.may_go_on(answer)


@dataclass
class Listener(Agent):
    """Waits for what comes next, and for nothing else, from its first record to the end of the room."""

    since_id: int = 0
    hold_seconds_max: float = 55.0

    async def run(self) -> None:
        while not self.is_done:
            is_busy = self.calendar.is_busy()
            hold = round(self.random.choice([0.5, 5.0, 25.0]) if is_busy else self.hold_seconds_max, 3)
            path = f"/wait?since_id={self.since_id}&hold={hold:g}"
            try:
                asked, answer = await self.ask("GET", path, seconds=hold + PATIENCE_SECONDS)
            except Lost:
                await trio.sleep(self.random.uniform(*AGAIN_SECONDS))
                continue
            if answer.status != 200:
                await self.may_go_on(answer)
                await trio.sleep(self.random.uniform(*AGAIN_SECONDS))
                continue
            told = answer.json
            self.trace(f"{self.alias} waited: {told['reason']}")
            self.since_id = self.books.waited(asked, self.alias, self.since_id, hold, told, is_near=self.is_near)
            if told["reason"] in ("closed", "removed"):
                self.is_done = True
            elif told["reason"] == "shutdown":
                await trio.sleep(self.random.uniform(*AGAIN_SECONDS))


class Reader(Agent):
    """Looks in now and then: at a page of the log, or at how the room is."""

    async def run(self) -> None:
        since_id = 0
        while not self.is_done:
            await self.pause()
            if self.random.random() < 0.5:
                done = await self.asking("GET", "/status")
                if done is not None:
                    self.books.status(done[0], self.alias, done[1].json)
                continue
            limit = self.random.choice([1, 7, 1000])
            done = await self.asking("GET", f"/messages?since_id={since_id}&limit={limit}")
            if done is not None:
                since_id = self.books.read(done[0], self.alias, since_id, done[1].json, limit=limit)
                if self.random.random() < 0.1:
                    since_id = 0


class Host(Agent):
    """Gives seats and takes them, writes briefs, and says now and then that the room goes on."""

    async def invite(self, alias: str, *, kind: str = "agent", role: str = "guest") -> str:
        """The token of a new seat; tried until it is given. Whoever got no answer asks for another token."""
        while True:
            done = await self.asking("POST", "/invites", {"alias": alias, "kind": kind, "role": role, "rotate": True})
            if done is not None:
                return str(done[1].json["token"])
            await trio.sleep(AGAIN_SECONDS[1])

    async def steer(self) -> None:
        """One of the things that only a host does."""
        await self.pause()
        match self.random.randrange(6):
            case 0:
                await self.asking("POST", "/brief", {"body": f"Brief of {trio.current_time():.0f}"})
            case 1:
                policy = self.random.choice(list(Policy)).value
                await self.asking("POST", "/attendance", {"policy": policy})
            case 2:
                await self.asking("POST", "/continue", {})
            case 3:
                done = await self.asking("GET", "/status")
                if done is not None:
                    self.books.status(done[0], self.alias, done[1].json)
            case 4:
                await self._scrub()
            case 5:
                await self._exchange_guest()

    async def _scrub(self) -> None:
        """Take a text out of the log for good."""
        posts = [record["id"] for record in self.books.records if "event" not in record]
        if posts:
            number = self.random.choice(posts)
            done = await self.asking("POST", f"/messages/{number}/scrub", {})
            if done is not None:
                self.books.scrubbed(number)

    async def _exchange_guest(self) -> None:
        """Invite somebody, let them speak, remove them; their token is good for nothing from then on."""
        alias = f"guest-{self.random.randrange(1_000_000)}"
        token = await self.invite(alias, kind="human")
        guest = Visitor(self.door, token)
        text = f"{alias} says hello"
        self.books.says(alias, text, may_repeat=False)
        try:
            answer = await guest.ask("POST", "/messages", {"text": text})
            if answer.status == 201:
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._wait_as, alias, token)
                    await self.asking("POST", f"/participants/{alias}/remove", {})
                self.books.says(alias, f"{text} again", may_repeat=False)
                answer = await guest.ask("POST", "/messages", {"text": f"{text} again"})
                if answer.status < 300:
                    raise Disproved(f"{alias} was removed, and spoke")
        except Lost:
            pass
        finally:
            guest.leave()

    async def _wait_as(self, alias: str, token: str) -> None:
        """Wait for what comes next as somebody who is about to be removed."""
        since_id, asked = self.books.last_id, self.books.asks()
        waiting = Visitor(self.door, token)
        try:
            answer = await waiting.ask("GET", f"/wait?since_id={since_id}&hold=50", seconds=50 + PATIENCE_SECONDS)
            if answer.status == 200:
                self.books.waited(asked, alias, since_id, 50, answer.json, is_near=self.is_near)
            else:
                self.books.refused(alias, answer)
        except Lost:
            pass
        finally:
            waiting.leave()

    async def close(self) -> None:
        """Read the room from its first record to its last, and close it."""
        since_id = 0
        while since_id < self.books.last_id:
            done = await self.asking("GET", f"/messages?since_id={since_id}&limit=100")
            assert done is not None
            since_id = self.books.read(done[0], self.alias, since_id, done[1].json, limit=100)
        await self.asking("POST", "/close", {})


@dataclass
class Follower(Agent):
    """Attends by the product's own client, as `agentgather attend` does."""

    async def run(self) -> None:
        url = f"http://{self.door.host}{self.door.prefix}"

        @asynccontextmanager
        async def reach() -> AsyncIterator[RoomClient]:
            async with httpx.AsyncClient(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)) as http:
                yield RoomClient(http, base_url=url, token=self.token)

        while not self.is_done:
            async with ClientFollower(
                reach, since_id=self.since_id, hold_seconds=self.hold_seconds, patience_seconds=inf
            ) as follower:
                try:
                    await self._follow(follower)
                except Refused as refused:  # the room was not there yet when it came: told at once, and it comes again
                    if refused.status != 404 or self.since_id:
                        raise
                    self.trace(f"{self.alias} was refused: {refused.code}")
            await self.pause()

    async def _follow(self, follower: ClientFollower) -> None:
        while not self.is_done:
            waited = await follower.next()
            self.trace(f"{self.alias} follows: {waited.reason} {follower.since_id}")
            self.books.followed(self.alias, self.since_id, waited.raw)
            self.books.figures.count("batches followed")
            self.since_id = follower.since_id
            self.is_done = waited.is_last

    since_id: int = 0
    hold_seconds: float = 25.0
