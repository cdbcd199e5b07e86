"""What was promised before the power went, told by the marks in the trace; and whether a restarted machine holds it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from proofs.power_loss.restart import Found, FoundRoom

ROOM = "lab"


@dataclass(slots=True)
class Promises:
    """`said` are records that were acknowledged or read by anybody. What is being asked for may be so already."""

    is_created: bool = False
    said: dict[int, str] = field(default_factory=dict)
    acknowledged: dict[tuple[int, str], bool] = field(
        default_factory=dict
    )  # who has which record before it, and is done
    tokens: dict[str, str] = field(default_factory=dict)  # alias to digest
    asked_tokens: set[str] = field(default_factory=set)  # aliases whose token is being replaced
    briefs: list[str] = field(default_factory=list)  # the last acknowledged, and those asked for since
    scrubs: set[int] = field(default_factory=set)  # asked for
    scrubbed: dict[int, str] = field(default_factory=dict)  # and acknowledged
    is_closing: bool = False
    is_closed: bool = False
    seats: dict[str, list[str]] = field(default_factory=dict)  # the last kept, and those being kept
    has_current: bool = False
    cursors: dict[str, int] = field(default_factory=dict)
    key: str | None = None
    leases: dict[str, str] = field(default_factory=dict)

    def take(self, mark: dict[str, Any]) -> None:
        """One more mark: its `kind`, and what it tells."""
        told = dict(mark)
        getattr(self, f"_{told.pop('kind')}")(**told)

    def copy(self) -> Promises:
        return deepcopy(self)

    def _created(self, brief: str) -> None:
        self.is_created = True
        self.briefs = [brief]

    def _heard(self, records: list[tuple[int, str]]) -> None:
        for number, text in records:
            if number not in self.scrubs:
                self.said[number] = text

    def _acknowledged(self, number: int, alias: str, is_done: bool) -> None:
        self.acknowledged[number, alias] = is_done or self.acknowledged.get((number, alias), False)

    def _asking_token(self, alias: str) -> None:
        self.asked_tokens.add(alias)

    def _token(self, alias: str, digest: str) -> None:
        self.asked_tokens.discard(alias)
        self.tokens[alias] = digest

    def _asking_brief(self, body: str) -> None:
        if self.briefs:  # a room whose creation nobody acknowledged may be there, with a brief that nobody promised
            self.briefs.append(body)

    def _brief(self, body: str) -> None:
        self.briefs = [body]

    def _asking_scrub(self, number: int) -> None:
        self.scrubs.add(number)

    def _scrubbed(self, number: int) -> None:
        self.scrubbed[number] = self.said[number]

    def _closing(self) -> None:
        self.is_closing = True

    def _closed(self) -> None:
        self.is_closed = True

    def _asking_seat(self, name: str, token: str) -> None:
        if name in self.seats:
            self.seats[name].append(token)

    def _seat(self, name: str, token: str) -> None:
        self.seats[name] = [token]
        self.has_current = True

    def _cursor(self, alias: str, since_id: int) -> None:
        self.cursors[alias] = max(since_id, self.cursors.get(alias, 0))

    def _key(self, public: str) -> None:
        self.key = public

    def _lease(self, slug: str, owner: str) -> None:
        self.leases[slug] = owner


def broken(promised: Promises, found: Found, *, written: set[bytes]) -> Iterator[str]:
    """Every promise that a restarted machine does not keep. `written`: every line the log ever held."""
    room = found.rooms.get(ROOM)
    if room is None:
        if promised.is_created:
            yield "the room is gone"
    else:
        yield from _broken_room(promised, room, written)
    for name, tokens in promised.seats.items():
        if found.seats.get(name) not in tokens:
            yield f"the seat {name} is not kept"
    if promised.has_current and found.current is None:
        yield "no seat is the current one"
    if promised.key is not None and found.key != promised.key:
        yield "the host's key is another"
    for slug, owner in promised.leases.items():
        if found.leases.get(slug) != owner:
            yield f"the subdomain {slug} is not its owner's"


def _broken_room(promised: Promises, room: FoundRoom, written: set[bytes]) -> Iterator[str]:
    if list(room.texts) != list(range(1, len(room.texts) + 1)):
        yield f"the records are {list(room.texts)}"
    for number, text in promised.said.items():
        there = room.texts.get(number)
        if there is None:
            yield f"record {number} is lost, the last is {len(room.texts)}"
        elif there != text and not (number in promised.scrubs and there == ""):
            yield f"record {number} says another thing"
    for (number, alias), is_done in promised.acknowledged.items():
        there_done = room.acknowledged.get((number, alias))
        if there_done is None or (is_done and not there_done):
            yield f"what {alias} said of having record {number} before it is forgotten"
    invented = [line for line in room.lines if line not in written]
    if invented:
        yield f"lines that nobody wrote: {invented[:2]}"
    for number, text in promised.scrubbed.items():
        if text.encode() in room.log[1] or room.texts.get(number):
            yield f"the text of record {number} was taken out of the log, and is back"
    for alias, token in promised.tokens.items():
        if alias in promised.asked_tokens:
            if room.tokens.get(alias) is None:
                yield f"{alias} has no token"
        elif room.tokens.get(alias) != token:
            yield f"{alias} has another token than was handed out"
    if promised.briefs and room.brief not in promised.briefs:
        yield "the brief is another"
    if promised.is_closed and room.is_open:
        yield "the room is open again"
    if not (promised.is_closing or room.is_open):
        yield "the room is closed, and nobody closed it"
    for alias, since_id in promised.cursors.items():
        if room.cursors.get(alias, 0) < since_id:
            yield f"the place of {alias} has moved back"
    before, after = room.log
    cut = b"".join(room.torn)
    if before not in (after + cut, after):
        yield "what was cut off the log is not kept beside it"
    if room.leftovers:
        yield f"left over: {room.leftovers}"
