"""Many held waits, and how soon each hears a post."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from time import perf_counter

from bench.daemon import Daemon, Seat
from bench.door import Door
from bench.line import BenchFailed, Line, Switchboard
from bench.load import at
from bench.processes import settle

HELD_PER_SEAT = 8  # the room's own limit of waits a participant
WAKE_SECONDS_MAX = 60.0
_WAIT = "/wait?since_id={since_id}&hold={hold_seconds}"
_POST = json.dumps({"text": "The build is green again; @ops please look at the two open points."}).encode()


@dataclass(frozen=True, slots=True)
class Wake:
    """From the first byte of a post to the whole answer of the first, the middle, nearly the last and the last waiter."""

    first_ms: float
    median_ms: float
    p99_ms: float
    last_ms: float


class Waiters:
    """`count` waits on as many connections through `door`, `per_seat` of each of `seats`. Close it, and all are gone."""

    def __init__(
        self,
        daemon: Daemon,
        seats: Sequence[Seat],
        *,
        count: int,
        door: Door | None = None,
        per_seat: int = HELD_PER_SEAT,
        hold_seconds: int = 55,
    ) -> None:
        self._daemon = daemon
        self._door = door or daemon.door
        self._post = self._door.request(daemon.host_seat.token, "/messages", body=_POST)
        self._lines = {Line(self._door.address): seats[number // per_seat] for number in range(count)}
        self._hold_seconds = hold_seconds
        self._poster = Line(self._door.address)
        self._board = Switchboard([*self._lines, self._poster])

    def arm(self) -> None:
        """Let everybody wait for what comes after now; returns once all of them are held."""
        since_id = self._daemon.last_id()
        for line, seat in self._lines.items():
            line.ask(self._door.request(seat.token, _WAIT.format(since_id=since_id, hold_seconds=self._hold_seconds)))
        self._settle()

    def wake(self) -> Wake:
        """Post once; how soon it is heard."""
        began = perf_counter()
        self._poster.ask(self._post)
        heard: list[float] = []
        missing = {*self._lines, self._poster}
        while missing:
            ready = self._board.ready(seconds=WAKE_SECONDS_MAX)
            if not ready:
                raise BenchFailed(f"{len(missing)} of {len(self._lines)} waiters heard nothing")
            for line in ready:
                if line.take():
                    missing.remove(line)
                    if line is not self._poster:
                        heard.append(perf_counter() - began)
        if any(b'"reason":"message"' not in line.body for line in self._lines):
            raise BenchFailed("a wait ended without the message it waited for")
        return Wake(*(seconds * 1e3 for seconds in (heard[0], at(heard, 0.5), at(heard, 0.99), heard[-1])))

    def close(self) -> None:
        self._board.close()
        self._settle()

    def _settle(self) -> None:
        settle(*self._door.far, *self._door.near)

    def __enter__(self) -> Waiters:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
