"""A room that lives on from minute to minute: a daemon and a broker of their own, and everybody who is there all the time."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import TypeVar

import trio
from bench.broker import SUBDOMAIN, Broker
from bench.daemon import Daemon
from bench.history import ROOM
from tests.network.ledger import Ledger, log_of
from tests.network.visitors import Visitor

from proofs.figures import Figures
from proofs.proof import Disproved
from proofs.soak.gauges import Gauge
from proofs.soak.people import Listener, Patient, Restless, Speaker, Wrong, again, export, search

SPEAKERS, PATIENTS, LISTENERS, RESTLESS = 8, 6, 3, 4  # of each, a quarter or so comes through the broker
GUESTS = 10  # seats that are given and taken away, over and over
CATCH_UP_SECONDS_MAX = 300.0  # for everybody to have heard the last of what was said
AnyVisitor = TypeVar("AnyVisitor", bound=Visitor)


@dataclass(frozen=True, slots=True)
class Pace:
    """How a minute goes: its length, posts a second, and how often the rest happens, posts in a young room among it."""

    seconds: float
    posts_a_second: float
    young_seconds: float
    stir_seconds: float
    search_seconds: float
    seat_seconds: float


@dataclass
class SoakedRoom:
    """`young` speaks in another room, beside which this one's answers are timed.

    `baseline` is how many files daemon and broker had open before anybody came, `on_core` when each minute began and how many
    milliseconds of a core the daemon took in it for each post.
    """

    daemon: Daemon
    broker: Broker
    figures: Figures
    young: Speaker
    speakers: list[Speaker] = field(default_factory=list)
    patients: list[Patient] = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    restless: list[Restless] = field(default_factory=list)
    gauges: dict[str, Gauge] = field(default_factory=dict)
    baseline: dict[str, int] = field(default_factory=dict)
    recorded: int = 0  # the id of the newest record that anybody was told of
    on_core: list[tuple[float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.speakers = self._invited(Speaker, SPEAKERS)
        self.patients = self._invited(Patient, PATIENTS)
        self.listeners = self._invited(Listener, LISTENERS)
        self.restless = self._invited(Restless, RESTLESS)
        host = self.daemon.host_seat
        self._host, self._searcher = (Visitor(self.daemon.url, host.alias, host.token) for _ in range(2))
        self.recorded = self.daemon.last_id()
        for one in self.stayers:
            one.since_id = self.recorded
        trees = {"daemon": self.daemon.tree, "broker": self.broker.tree}
        self.gauges = {name: Gauge(tree) for name, tree in trees.items()}
        self.baseline = {name: tree.file_count() for name, tree in trees.items()}

    @property
    def stayers(self) -> list[Patient | Listener]:
        """Those who are there from the first minute to the last."""
        return [*self.patients, *self.listeners]

    def come(self, nursery: trio.Nursery) -> None:
        """Everybody who stays begins to wait and to listen."""
        for patient in self.patients:
            nursery.start_soon(patient.keep_waiting)
        for listener in self.listeners:
            nursery.start_soon(listener.keep_listening)

    async def minute(self, pace: Pace, choices: Random) -> None:
        """One trial: all that happens in it, and at its end everybody has heard everything. Then the host takes the whole log,
        which takes longer the more there is, and is no part of what a post takes.
        """
        posts_before, done_before = self._posted(), self._done()
        began, used_before = time.perf_counter(), self.daemon.tree.cpu_seconds()
        async with trio.open_nursery() as reading:
            for gauge in self.gauges.values():
                reading.start_soon(gauge.keep_reading, self._told)
            async with trio.open_nursery() as nursery:
                for speaker in self.speakers:
                    speaker.choices = Random(choices.random())
                    speak = partial(speaker.speak, pace_seconds=len(self.speakers) / pace.posts_a_second)
                    nursery.start_soon(partial(speak, seconds=pace.seconds))
                nursery.start_soon(partial(self.young.speak, pace_seconds=pace.young_seconds, seconds=pace.seconds))
                for one in self.restless:
                    one.choices = Random(choices.random())
                    nursery.start_soon(partial(one.stir, pace_seconds=pace.stir_seconds, seconds=pace.seconds))
                nursery.start_soon(
                    self._repeat, "searches", partial(search, self._searcher, choices), pace.search_seconds, pace
                )
                nursery.start_soon(
                    self._repeat, "seats given and taken", partial(self._reseat, choices), pace.seat_seconds, pace
                )
            await self._caught_up()
            used = self.daemon.tree.cpu_seconds() - used_before
            self.on_core.append((began, used / (self._posted() - posts_before) * 1e3))
            reading.cancel_scope.cancel()
        exported = await export(self._host)
        if exported < self.recorded:
            raise Disproved(f"an export has {exported} of {self.recorded} records")
        self.figures.count("exports")
        self.figures.count("posts acknowledged", self._posted() - posts_before)
        for name, count in self._done().items():
            self.figures.count(f"visitors: {name.replace('_', ' ')}", count - done_before.get(name, 0))

    async def close(self) -> None:
        """The host closes the room; every wait and every stream ends by being told so."""
        answer = await self._host.ask("POST", "/close", body={})
        assert answer.is_success, answer.text
        for visitor in (*self.speakers, *self.restless, self._host, self._searcher, self.young):
            visitor.leave()

    def audit(self) -> None:
        """Hold the books against the log, once the room is closed. Raises Disproved."""
        log = log_of(self.daemon.home.root, ROOM)
        troubles = Ledger(self.speakers, self.patients, self.restless).audit(log)
        for listener in self.listeners:
            expected = list(range(listener.heard[0], len(log) + 1)) if listener.heard else ["something"]
            if listener.heard != expected or listener.troubles.losses:
                troubles.append(f"{listener.alias} did not hear each record once from its stream: {listener.troubles}")
        if troubles:
            raise Disproved(troubles[0])
        waits = [patient.answers for patient in self.patients]
        self.figures.count("waits ended", sum(one.total() for one in waits))
        self.figures.count("records heard", sum(len(one.heard) for one in self.stayers))
        for name in ("posts lost or doubled", "records unheard or heard twice", "waits and streams that did not end"):
            self.figures.count(name, 0)

    def _told(self) -> int:
        """The id of the newest record that somebody who stays was told of."""
        return max(one.since_id for one in self.stayers)

    async def _caught_up(self) -> None:
        """Return once everybody who stays has heard what was said last. Raises Disproved."""
        answer = await self._host.ask("GET", "/status")
        self.recorded = last_id = answer.json()["last_id"]
        with trio.move_on_after(CATCH_UP_SECONDS_MAX):
            for patient in self.patients:
                await patient.heard_through(last_id)
            while any(listener.since_id < last_id for listener in self.listeners):
                await trio.sleep(0.02)
            return
        late = [one.alias for one in self.stayers if one.since_id < last_id]
        raise Disproved(f"{late} had not heard record {last_id} after {CATCH_UP_SECONDS_MAX:.0f} s")

    async def _repeat(self, name: str, call: Callable[[], Awaitable[object]], pace_seconds: float, pace: Pace) -> None:
        self.figures.count(name, await again(call, pace_seconds=pace_seconds, seconds=pace.seconds))

    async def _reseat(self, choices: Random) -> None:
        """Give a seat to somebody, again if it was given before; every other time take it away at once."""
        alias = f"guest{choices.randrange(GUESTS)}"
        given = await self._host.ask("POST", "/invites", body={"alias": alias, "rotate": True})
        if not given.is_success:
            raise Wrong(f"an invitation was answered {given.status} {given.text[:200]}")
        if choices.random() < 0.5:
            gone = await self._host.ask("POST", f"/participants/{alias}/remove", body={})
            if not gone.is_success:
                raise Wrong(f"a removal was answered {gone.status} {gone.text[:200]}")

    def _invited(self, kind: type[AnyVisitor], count: int) -> list[AnyVisitor]:
        """`count` of them, the first in four through the broker."""
        came = []
        for number in range(count):
            alias = f"{kind.__name__.lower()}{number}"
            token = self.daemon.ask("POST", "/invites", {"alias": alias, "kind": "human"})["token"]
            url = self.daemon.url if number % 4 else f"{self.broker.public_url}/{SUBDOMAIN}"
            came.append(kind(url, alias, token))
        return came

    def _posted(self) -> int:
        return sum(len(speaker.acknowledged) for speaker in self.speakers)

    def _done(self) -> dict[str, int]:
        done: dict[str, int] = {}
        for one in self.restless:
            for name, count in one.done.items():
                done[name] = done.get(name, 0) + count
        return done


def resident_after_reading(daemon: Daemon) -> float:
    """What a daemon takes that has just opened its room and answered one of each question, KiB."""
    for path in (
        "/status",
        "/messages?limit=20",
        "/search?q=unheard-of",
    ):  # which folds all texts, as searches in time do
        daemon.size_of(path)
    return daemon.tree.resident_kib()
