"""Connections on which mutants are played: several at a time, one behind the other where HTTP lets them."""

from __future__ import annotations

import selectors
import socket
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from time import monotonic
from urllib.parse import unquote_to_bytes

from proofs.attacked import Door
from proofs.proof import Disproved
from proofs.requests.answers import Answers, Malformed
from proofs.requests.mutants import Mutant

LINES = 16  # of a door, on which something is going on
GROUP = 8  # mutants in one breath
GROUPS_MAX = 40  # on one connection
WAITING_MAX = 50  # connections of a door that wait for its deadlines; beyond, we leave before
# A line has stalled, and waits for more of a request, when so many others at its door were answered since it last was; or when
# nobody was for a while. By the clock alone a busy machine would stall all of them.
STALL_ANSWERS = 8 * LINES
STALL_SECONDS = 1.0
LOOK_SECONDS = 0.02
HELD_SECONDS = 0.5  # then whoever asked to be held leaves
PATIENCE_SECONDS = 90.0  # a server's longest deadline is 20 s; what has not ended by then never will
READ_BYTES = 262_144
# Neither a head nor a chunk goes on so: whoever waits for more of one has to answer. Only a body of a known length does.
THE_END = b"\x00\r\n\r\n\x00\r\n\r\n"


@dataclass(slots=True)
class Traffic:
    """The mutants of one door, and what became of them."""

    door: Door
    mutants: Iterator[Mutant]
    again: deque[Mutant] = field(default_factory=deque)  # those behind one that ended their connection
    played: int = 0
    answered: int = 0
    quiet_since: float = 0.0  # nobody was answered since
    connections: int = 0
    left: int = 0
    cut: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    on_played: Callable[[Mutant], None] = lambda mutant: None

    def group(self) -> list[Mutant]:
        taken: list[Mutant] = []
        while len(taken) < GROUP:
            mutant = self.again.popleft() if self.again else next(self.mutants, None)
            if mutant is None:
                break
            taken.append(mutant)
        return sorted(
            taken, key=lambda mutant: mutant.kind != "meaning"
        )  # those last that may be the last of their connection


class Line:
    """One connection, from its first mutant to its end."""

    def __init__(self, traffic: Traffic, group: list[Mutant]) -> None:
        self.traffic = traffic
        self.socket = socket.create_connection(("127.0.0.1", traffic.door.port), timeout=PATIENCE_SECONDS)
        self.socket.setblocking(False)
        self.stirred()
        self.told_to_end = False
        self.is_held: bool | None = None  # not looked at yet
        self._groups = 0
        self._say(group)
        traffic.connections += 1

    def _say(self, group: list[Mutant]) -> None:
        self.group = group
        self.answers = Answers()
        self.answered = 0
        self.unsent = memoryview(b"".join(mutant.content for mutant in group))
        self._groups += 1

    @property
    def may_be_held(self) -> bool:
        """Whether the one that is not answered yet may ask for just that."""
        said = unquote_to_bytes(b"".join(mutant.content for mutant in self.group[self.answered :]))
        return any(word in said for word in (b"/wait", b"/events", b"/_host/"))

    @property
    def is_answered(self) -> bool:
        """Whether nothing is owed: what was said at the end completed a body, and the connection is kept for a next request."""
        return self.answered >= len(self.group) and self.answers.is_between and not self.unsent

    def stirred(self) -> None:
        """Something came or went."""
        self.since, self._answered_before = monotonic(), self.traffic.answered

    def has_stalled(self, now: float) -> bool:
        traffic = self.traffic
        if traffic.answered - self._answered_before > STALL_ANSWERS:
            return True
        return now - max(self.since, traffic.quiet_since) > STALL_SECONDS

    def send(self) -> None:
        """Give the kernel what it takes. Where the other side has closed, reading will say so."""
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent) :]
            self.stirred()
        except BlockingIOError:
            pass
        except OSError:
            self.unsent = memoryview(b"")

    def receive(self) -> bool:
        """Take what came; whether the connection goes on. Raises Disproved."""
        is_cut = False
        try:
            content = self.socket.recv(READ_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            content, is_cut = b"", True
        try:
            for answer in self.answers.feed(content, has_ended=not content):
                self.answered += 1
                self.traffic.answered += 1
                self.traffic.statuses[answer.status] += 1
            if not content and not self.answers.is_between and not is_cut and not self.answers.is_over:
                raise Malformed("an answer that ends in its middle")
        except Malformed as malformed:
            near = self.group[max(0, self.answered - 1) : self.answered + 2]
            raise Disproved(f"{self.traffic.door.name} door: {malformed}, to {near}") from None
        self.stirred()
        self.traffic.quiet_since = self.since
        if not content:
            self.traffic.cut += is_cut and not self.answers.is_between
            return False
        if self.answers.is_over:
            return False  # it is a WebSocket now
        if self.answered >= len(self.group) and self.answers.is_between and not self.told_to_end:
            return self._goes_on()
        return True

    def _goes_on(self) -> bool:
        """All of the group were answered: have the next one, on this connection while it is young."""
        if self.unsent:
            return True  # more answers than there were requests: some mutant was two
        self._done(len(self.group))
        group = self.traffic.group() if self._groups < GROUPS_MAX else []
        self._say(group)
        return bool(group)

    def end(self) -> None:
        """Have what waits for more of a head or a chunk refused."""
        self.told_to_end = True
        self.unsent = memoryview(bytes(self.unsent) + THE_END)

    def close(self) -> None:
        """What was answered was played, and at least one was; those behind come again on another connection."""
        self.socket.close()
        if self.group:
            count = min(len(self.group), max(1, self.answered))
            self.traffic.again.extend(self.group[count:])
            self._done(count)

    def _done(self, count: int) -> None:
        for mutant in self.group[:count]:
            self.traffic.played += 1
            self.traffic.on_played(mutant)


class Play:
    """Plays all mutants of some doors. At those that are `awaited`, whose deadlines are soon, all of them have to end."""

    def __init__(self, traffics: list[Traffic], *, awaited: Collection[str], final_wait_seconds: float) -> None:
        self._awaited = awaited
        self._selector = selectors.DefaultSelector()
        self._lines: dict[str, set[Line]] = {traffic.door.name: set() for traffic in traffics}
        self._waiting: dict[str, set[Line]] = {traffic.door.name: set() for traffic in traffics}
        self._traffics = traffics
        self._final_wait_seconds = final_wait_seconds
        self._next_look = 0.0  # at those from whom nothing comes

    def run(self, tick: Callable[[], None]) -> None:
        """Return once all were played; `tick` is called now and then. Raises Disproved."""
        try:
            while self._fill():
                while self._fill():
                    self._turn()
                    tick()
                until = monotonic() + self._final_wait_seconds
                while any(self._waiting[door] for door in self._awaited) and monotonic() < until:
                    self._turn()
                for line in [one for lines in self._waiting.values() for one in lines]:
                    if line.traffic.door.name in self._awaited and not line.may_be_held:
                        raise Disproved(f"no answer and no end: {line.group}")
                    line.traffic.left += 1
                    self._drop(line)
        finally:
            for lines in (*self._lines.values(), *self._waiting.values()):
                for line in lines:
                    line.socket.close()
            self._selector.close()

    def _fill(self) -> bool:
        """Have as many lines as may be; whether there is anything left to do."""
        for traffic in self._traffics:
            lines = self._lines[traffic.door.name]
            while len(lines) < LINES and (group := traffic.group()):
                line = Line(traffic, group)
                lines.add(line)
                self._selector.register(line.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, line)
        return any(self._lines.values()) or any(len(waiting) >= WAITING_MAX for waiting in self._waiting.values())

    def _turn(self) -> None:
        for key, ready in self._selector.select(timeout=LOOK_SECONDS):
            line: Line = key.data
            if ready & selectors.EVENT_WRITE:
                line.send()
            if ready & selectors.EVENT_READ and not line.receive():
                self._drop(line)
                continue
            self._listen(line)
        if (now := monotonic()) < self._next_look:
            return
        self._next_look = now + LOOK_SECONDS
        for lines in self._lines.values():
            for line in [one for one in lines if one.has_stalled(now)]:
                self._stalled(line)
        for lines in self._waiting.values():
            for line in [one for one in lines if now - one.since > HELD_SECONDS]:
                self._waits(line, now - line.since)

    def _listen(self, line: Line) -> None:
        wanted = selectors.EVENT_READ | (selectors.EVENT_WRITE if line.unsent else 0)
        if self._selector.get_key(line.socket).events != wanted:
            self._selector.modify(line.socket, wanted, line)

    def _stalled(self, line: Line) -> None:
        if not line.told_to_end:
            line.end()
            line.stirred()
            self._listen(line)
            return
        waiting = self._waiting[line.traffic.door.name]
        if len(waiting) >= WAITING_MAX:
            line.traffic.left += 1
            self._drop(line)
            return
        self._lines[line.traffic.door.name].remove(line)
        waiting.add(line)

    def _waits(self, line: Line, seconds: float) -> None:
        if line.is_answered:
            self._drop(line)
            return
        if line.is_held is None:
            line.is_held = line.may_be_held
        if line.is_held:
            line.traffic.left += 1
            self._drop(line)
        elif seconds > PATIENCE_SECONDS:
            raise Disproved(f"no answer and no end in {seconds:.0f} s, {line.traffic.door.name} door: {line.group}")

    def _drop(self, line: Line) -> None:
        self._selector.unregister(line.socket)
        self._lines[line.traffic.door.name].discard(line)
        self._waiting[line.traffic.door.name].discard(line)
        line.close()
