"""Many event streams, and how soon each tells of a post."""

from __future__ import annotations

import json
from collections.abc import Sequence
from time import perf_counter

from bench.daemon import Daemon, Seat
from bench.line import BenchFailed, Line, Switchboard
from bench.load import at
from bench.processes import settle
from bench.waiters import WAKE_SECONDS_MAX, Wake

_POST = json.dumps({"text": "The build is green again; @ops please look at the two open points."}).encode()
_HERE = b": here\n\n"  # the first that a stream says, and what it says while nothing happens


class Stream(Line):
    """A stream that was asked for; `seen` is what it told since `forget`."""

    def __init__(self, address: tuple[str, int]) -> None:
        super().__init__(address)
        self.seen = bytearray()

    def has_told(self, mark: bytes) -> bool:
        """Read what is there; whether `mark` has come. Raises BenchFailed when the stream is refused or ends."""
        piece = self.socket.recv(65_536)
        if not piece:
            raise BenchFailed("a stream ended")
        self.seen += piece
        if self.seen.startswith(b"HTTP/1.1") and not self.seen.startswith(b"HTTP/1.1 200"):
            raise BenchFailed(bytes(self.seen).decode(errors="replace"))
        return mark in self.seen

    def forget(self) -> None:
        self.seen.clear()


class Listeners:
    """`count` event streams, `per_seat` of each of `seats`. Close it, and all of them are gone."""

    def __init__(self, daemon: Daemon, seats: Sequence[Seat], *, count: int, per_seat: int) -> None:
        self._daemon = daemon
        self._address = daemon.door.address
        self._post = daemon.door.request(daemon.host_seat.token, "/messages", body=_POST)
        self._streams = {Stream(self._address): seats[number // per_seat] for number in range(count)}
        self._poster = Line(self._address)
        self._board = Switchboard([*self._streams, self._poster])
        self._is_open = False

    def arm(self) -> None:
        """Open all streams at what is said last; later, they are open already. Returns once all of them listen."""
        if not self._is_open:
            since_id = self._daemon.last_id()
            for stream, seat in self._streams.items():
                stream.ask(self._daemon.door.request(seat.token, f"/events?since_id={since_id}"))
            self._until_all_have_told(_HERE)
            self._is_open = True
        settle(self._daemon.tree)
        for stream in self._streams:
            stream.forget()

    def wake(self) -> Wake:
        """Post once; how soon all have told of it, each of them once."""
        mark = b"id: %d\nevent: message\n" % (self._daemon.last_id() + 1)
        began = perf_counter()
        self._poster.ask(self._post)
        heard = [moment - began for moment in self._until_all_have_told(mark)]
        if any(stream.seen.count(b"event: message") != 1 for stream in self._streams):
            raise BenchFailed("a stream told of one post more than once")
        return Wake(*(seconds * 1e3 for seconds in (heard[0], at(heard, 0.5), at(heard, 0.99), heard[-1])))

    def _until_all_have_told(self, mark: bytes) -> list[float]:
        """The moments at which each told it, ascending."""
        heard: list[float] = []
        missing: set[Line] = set(self._streams)
        while missing:
            ready = self._board.ready(seconds=WAKE_SECONDS_MAX)
            if not ready:
                raise BenchFailed(f"{len(missing)} of {len(self._streams)} streams told nothing")
            for line in ready:
                if line is self._poster:
                    line.take()
                elif isinstance(line, Stream) and line.has_told(mark) and line in missing:
                    missing.remove(line)
                    heard.append(perf_counter())
        return heard

    def close(self) -> None:
        self._board.close()
        settle(self._daemon.tree)

    def __enter__(self) -> Listeners:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
