"""Those who do not behave: they flood, never read, leave in the middle, guess tokens, and claim what is another's."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

import trio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from tests.broker.brokers import hand_host

from agentgather.tunnel.dial import DialFailed, NoLink
from agentgather.wire.faults import PeerBroke
from agentgather.wire.frames import Refused, Registered
from proofs.proof import Disproved
from proofs.simulation.agents import Agent
from proofs.simulation.asking import Lost, Visitor
from proofs.simulation.calendar import Calendar
from proofs.simulation.claims import Claims

FLOOD_POSTS = 60
STALL_SECONDS = (1.0, 90.0)
CLAIM_SECONDS = (1.0, 20.0)


class Flooder(Agent):
    """Posts as fast as it is answered, far beyond its share."""

    async def run(self) -> None:
        count = 0
        while not self.is_done:
            await self.pause()
            for _ in range(self.random.randrange(FLOOD_POSTS)):
                count += 1
                text = f"{self.alias} floods {count}"
                self.books.says(self.alias, text, may_repeat=True)
                body = {"text": text, "client_msg_id": f"{self.alias}-{count}"}
                try:
                    asked, answer = await self.ask("POST", "/messages", body)
                except Lost:
                    break
                if answer.status < 300:
                    self.books.posted(asked, self.alias, text, answer.json)
                else:
                    self.books.figures.count(f"floods met: {self.books.refused(self.alias, answer)}")


class Staller(Agent):
    """Asks and never reads, or says half of what it was going to; leaves when it feels like it."""

    async def run(self) -> None:
        while not self.is_done:
            await self.pause()
            with trio.move_on_after(self.random.uniform(*STALL_SECONDS)):
                try:
                    await self._stall()
                except (OSError, trio.BrokenResourceError, trio.ClosedResourceError):
                    self.trace(f"{self.alias} was cut off")
                    self.books.figures.count("stallers cut off")

    async def _stall(self) -> None:
        stream = await trio.open_tcp_stream(self.door.address, self.door.port)
        visitor = Visitor(self.door, self.token)
        self.books.figures.count("stalled requests")
        try:
            match self.random.randrange(3):
                case 0:
                    for _ in range(200):
                        await stream.send_all(visitor.request("GET", "/messages?since_id=0", None))
                case 1:
                    await stream.send_all(visitor.request("GET", "/events?since_id=0", None))
                case 2:
                    whole = visitor.request("POST", "/messages", {"text": "never said " * 20})
                    await stream.send_all(whole[: self.random.randrange(len(whole))])
            await trio.sleep_forever()
        finally:
            stream.socket.close()


class Guesser(Agent):
    """Has no token that is good, and tries all kinds; nothing but `unauthorized` is ever the answer."""

    async def run(self) -> None:
        while True:
            await self.pause()
            self.visitor.leave()
            self.visitor.token = self.random.choice(
                [None, "", "agt_", "agt_" + self.random.randbytes(32).hex()[:43], self.token]
            )
            method, path, body = self.random.choice(
                [
                    ("GET", "/status", None),
                    ("GET", "/wait?since_id=0&hold=5", None),
                    ("POST", "/messages", {"text": "guessed"}),
                    ("POST", "/close", {}),
                    ("POST", "/invites", {"alias": "intruder"}),
                ]
            )
            try:
                _, answer = await self.ask(method, path, body)
            except Lost:
                continue
            if answer.status < 300:
                raise Disproved(f"somebody without a token was answered {answer.status} to {method} {path}")
            self.books.figures.count(f"guesses met: {self.books.refused(self.alias, answer)}")


@dataclass
class Claimant:
    """A host with a key of its own that wants slugs which others want too. It holds one for a while, and goes."""

    name: str
    broker_url: str
    slugs: list[str]
    claims: Claims
    calendar: Calendar
    random: Random

    async def run(self) -> None:
        key = Ed25519PrivateKey.from_private_bytes(self.random.randbytes(32))
        while True:
            await self.calendar.busy()
            await trio.sleep(self.random.uniform(*CLAIM_SECONDS))
            slug = self.random.choice(self.slugs)
            try:
                async with hand_host(self.broker_url, slug, key=key) as host:
                    if isinstance(host.registered, Registered):
                        self.claims.granted(slug, self.name)
                        await trio.sleep(self.random.uniform(*CLAIM_SECONDS))
                    elif isinstance(host.registered, Refused):
                        self.claims.figures.count(f"claims met: {host.registered.code}")
                    else:
                        self.claims.figures.count("claims met: the end of the link")
            except (DialFailed, NoLink, PeerBroke, trio.TooSlowError):
                self.claims.figures.count("claims met: no link")
