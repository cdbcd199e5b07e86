"""One trial: every row of the room's table, each caller, both doors, before and after the room is closed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import trio
from tests.rooms import Guest

from agentgather.store.home import Home
from proofs.access import hosts, places
from proofs.access.asking import FORM, MCP, Ask, Asking
from proofs.access.building import PATIENCE_SECONDS, Building, built
from proofs.access.callers import HOSTING, Caller, Callers
from proofs.access.page import Row, code_of, rows, status_of
from proofs.access.state import RoomState
from proofs.figures import Figures
from proofs.proof import Batch, Disproved

ROOM_TABLE = "At a room"
BY_TOKEN_ALONE = frozenset(("unauthorized", "token_expired", "removed", "host_required"))
BODY_REFUSALS = frozenset(("invalid_json", "invalid_body"))
NO_BODY_NEEDED = frozenset(("method_not_allowed", "not_found"))


@dataclass(frozen=True)
class Cell:
    """One field of the matrix."""

    row: Row
    caller: Caller
    door: str
    is_open: bool = True
    is_broken: bool = False  # its body is
    is_head: bool = False

    @property
    def told(self) -> frozenset[str]:
        """What it may be told: one thing, but for the two ways in which a body is broken."""
        told = self.row.told[self.caller.column]
        if told in BY_TOKEN_ALONE or told in NO_BODY_NEEDED:
            return frozenset((told,))
        if self.is_broken:
            return BODY_REFUSALS
        return frozenset((told if self.is_open else self.row.told["closed"],))

    @property
    def closes(self) -> bool:
        return self.row.path == "/close" and self.caller.column == HOSTING and not self.is_broken

    def __str__(self) -> str:
        when = "open" if self.is_open else "closed"
        return f"{self.row}, asked {self.door} by {self.caller.name} in the {when} room"


def run(batch: Batch) -> None:
    for number in batch:
        folder = batch.folder / str(number)
        folder.mkdir()
        trio.run(_trial, folder, batch.random(number), batch.figures)


async def _trial(folder: Path, choices: random.Random, figures: Figures) -> None:
    async with built(folder) as building:
        reading_pass = await building.reading_pass()
        callers = await Callers.invited(building.host, building.neighbour, reading_pass, choices)
        asking = Asking(choices, callers, await _asset(building), _paths())
        await asking.prepare(
            {
                one.alias: Guest(building.host.url, one.alias, str(one.token), building.client)
                for one in _speakers(callers)
            }
        )
        matrix = Matrix(building, asking, figures)
        await places.try_all(building, callers.guest, choices, figures)
        await hosts.try_all(callers.everybody, choices, figures)
        await matrix.begin()
        for cell in _in_order(choices, callers, building):
            await matrix.try_one(cell)
        await matrix.end()


def _speakers(callers: Callers) -> list[Caller]:
    return [one for one in callers.everybody if one.column in ("guest", "host")]


def _paths() -> dict[str, set[str]]:
    """Every path of the table, and what it answers."""
    paths: dict[str, set[str]] = {}
    for row in rows(ROOM_TABLE):
        if row.path:
            paths.setdefault(row.path, set()).add(row.method)
    return paths


async def _asset(building: Building) -> str:
    """A file of the room's page, below /assets/."""
    page = (await building.host.ask("GET", "/")).text
    return page.partition('src="assets/')[2].partition('"')[0]


def _in_order(choices: random.Random, callers: Callers, building: Building) -> Iterator[Cell]:
    """The whole matrix, each half in an order of its own; between them the host closes the room."""
    cells = list(_cells(choices, callers, tuple(building.doors)))
    before = [cell for cell in cells if not cell.closes]
    choices.shuffle(before)
    yield from before
    yield from (cell for cell in cells if cell.closes)
    after = [
        Cell(cell.row, cell.caller, cell.door, is_open=False)
        for cell in cells
        if not cell.is_broken and not cell.is_head
    ]
    choices.shuffle(after)
    yield from after


def _cells(choices: random.Random, callers: Callers, doors: tuple[str, ...]) -> Iterator[Cell]:
    for row in rows(ROOM_TABLE):
        for caller in callers.everybody:
            if row.told[caller.column] == "-":
                continue
            yield from (Cell(row, caller, door) for door in doors)
            if row.method == "POST" and row.path not in (FORM, MCP):  # what is no JSON-RPC is the SDK's to refuse
                yield Cell(row, caller, choices.choice(doors), is_broken=True)
            if row.method == "GET":
                yield Cell(row, caller, choices.choice(doors), is_head=True)


class Matrix:
    """Asks, and looks after each request at what became of the room."""

    def __init__(self, building: Building, asking: Asking, figures: Figures) -> None:
        self._building = building
        self._asking = asking
        self._figures = figures
        for nought in ("refused and yet changed", "answered otherwise than the table says"):
            figures.count(nought, 0)

    async def begin(self) -> None:
        self._neighbour = await self._state(self._building.neighbour)
        self._before = await self._state(self._building.host)

    async def end(self) -> None:
        """The room next door has had no part in it."""
        if changed := (await self._state(self._building.neighbour)).changed_since(self._neighbour):
            raise Disproved(f"what was asked of one room changed another: {', '.join(sorted(changed))}")

    async def try_one(self, cell: Cell) -> None:
        """Raises Disproved when it is not as the table says."""
        ask = self._asking.ask(cell.row, cell.caller, is_broken=cell.is_broken, is_head=cell.is_head)
        answer, said = await self._answered(self._building.doors[cell.door], ask)
        self._check_answer(cell, ask, answer, said)
        after = await self._state(self._building.host)
        self._check_state(cell, ask, answer, after)
        self._before = after
        self._figures.count("requests")
        self._figures.count(f"requests {cell.door}")
        self._figures.count("refused" if answer.is_error else "admitted")

    async def _answered(self, url: str, ask: Ask) -> tuple[httpx.Response, bytes]:
        """The answer, and the beginning of its body: of a stream nobody waits for the end."""
        headers = list(ask.headers)
        async with self._building.client.stream(
            ask.method, url + ask.path, headers=headers, content=ask.body
        ) as answer:
            if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                return answer, await answer.aread()
        await self._until_left()
        return answer, b""

    async def _until_left(self) -> None:
        """Return once the room has noticed that nobody listens any more: until then marks may move."""
        with trio.fail_after(PATIENCE_SECONDS):
            for room in self._building.daemon.house:
                while any(map(room.room.held_count, room.room.state.participants)):
                    await trio.sleep(0.005)

    def _check_answer(self, cell: Cell, ask: Ask, answer: httpx.Response, said: bytes) -> None:
        code = _code(answer, said)
        is_said = answer.status_code in map(status_of, cell.told) and (code is None or code in cell.told)
        is_whole = code is not None or not answer.is_error or ask.method == "HEAD" or ask.path == FORM
        if not is_said or not is_whole:
            told, wanted = f"{answer.status_code} {code or ''}", " or ".join(cell.told)
            raise Disproved(f"{cell} is told {told}, and the table says {wanted}\n{ask}\n{said!r:.300}")
        taken_for = _taken_for(ask, answer)
        if taken_for not in (None, cell.caller.alias):
            raise Disproved(f"{cell} is taken for {taken_for}\n{ask}")

    def _check_state(self, cell: Cell, ask: Ask, answer: httpx.Response, after: RoomState) -> None:
        """Who is refused by their token has changed nothing, who is refused by the room was seen, and no more; who reads
        moves their own marks; and nobody's request moves anybody else's.
        """
        own = cell.caller.alias
        may: set[str] = set()
        if cell.caller.column in self._asking.told_apart and not cell.told & BY_TOKEN_ALONE:
            may = {f"seen of {own}"} if answer.is_error else {f"seen of {own}", f"cursors of {own}"}
        if not answer.is_error and ask.method == "POST" and cell.row.path not in ("/read", FORM, MCP):
            may |= {"log", "tokens", "settings", f"acks of {own}"}
            if cell.row.path == "/invites":
                may |= {
                    f"{mark} of {alias}"
                    for alias in after.seen.keys() - self._before.seen
                    for mark in ("seen", "cursors")
                }
        if changed := after.changed_since(self._before) - may:
            verb = "was refused" if answer.is_error else "was answered"
            raise Disproved(f"{cell} {verb} {answer.status_code}, and changed {', '.join(sorted(changed))}\n{ask}")

    async def _state(self, host: Guest) -> RoomState:
        room = self._building.daemon.room_ids[0 if host is self._building.host else 1]
        open_room = self._building.daemon.house.find(room)
        assert open_room is not None
        marks = open_room.room.deliveries.book.marks()
        return await RoomState.of(host, Home(self._building.home).room_directory(room), marks)


def _code(answer: httpx.Response, said: bytes) -> str | None:
    """The code of a refusal in JSON."""
    if answer.is_error and said and answer.headers.get("content-type", "").startswith("application/json"):
        return code_of(answer.json()["error"])
    return None


def _taken_for(ask: Ask, answer: httpx.Response) -> str | None:
    """Whose alias an answer says, of those that say one."""
    if ask.path == "/messages" and answer.status_code == 201:
        return str(answer.json()["message"]["from"])
    if ask.path == "/status" and ask.method == "GET" and not answer.is_error:
        return str(answer.json()["me"])
    return None
