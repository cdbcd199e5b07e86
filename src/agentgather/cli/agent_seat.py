"""The seat of an agent that is started from here: a home of its own, with its token and its card and nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from agentgather.cli.failures import Failure
from agentgather.cli.turn import Turn
from agentgather.client.errors import Refused
from agentgather.client.persist import persist
from agentgather.client.seat import ActingSeat
from agentgather.room.names import Alias, RoomId
from agentgather.store.home import Home, Seat
from agentgather.store.private_files import make_private_directory, write_private

HOMES = "agents"
CARD = "card.md"
CARD_VARIABLE = "AGENTGATHER_CARD"


@dataclass(frozen=True, slots=True)
class AgentSeat:
    """An agent's seat, and the turn of whoever acts as it. All of it is in `home`, which only its user may read."""

    turn: Turn
    seat: Seat

    @property
    def card(self) -> Path:
        return self.turn.home.root / CARD

    def environ(self) -> dict[str, str]:
        """What the agent is given: where its card is, and by whose seat its own commands act. No token."""
        return {"AGENTGATHER_HOME": str(self.turn.home.root), CARD_VARIABLE: str(self.card)}

    async def arrive(self) -> None:
        """Join, and write the card. Raises Refused, Unreachable, OSError."""
        async with self.turn.reach(may_open_room=False) as room:
            await persist(room.join)
            card = await persist(room.card)
        write_private(self.card, card.encode())

    async def leave(self) -> None:
        """Say that the agent has gone; the seat stays. Raises Refused, Unreachable."""
        async with self.turn.reach(may_open_room=False) as room:
            await room.leave()


def is_of_one_agent(home: Home, environ: Mapping[str, str]) -> bool:
    """Whether `home` is the one that an agent was given by whoever started it: its card lies in it, and its seat alone."""
    card = environ.get(CARD_VARIABLE)
    return card is not None and Path(card).parent == home.root and home.current() is not None


async def agent_seat(turn: Turn, alias: Alias) -> AgentSeat:
    """The seat `alias` in the room of `turn`: the one it had here before, the one of `turn` itself, or a new one.

    A new seat takes a host. Never the seat of the host itself: a program that nobody watches would steer the room with it,
    remove people and close it, and who reads the room could not tell. Raises Failure, Refused, Unreachable.
    """
    room, me = await turn.who()
    await _check_no_host(turn, room, alias)
    home = Home(turn.home.root / HOMES / f"{room}@{alias}")
    make_private_directory(home.root)
    seat = home.current()
    if seat is None:
        seat = await _found(turn, room, alias, me=me)
        home.keep_seat(seat)
    acting = ActingSeat(seat.base_url, seat.token, seat.room, seat.alias)
    return AgentSeat(Turn(home, acting, turn.output), seat)


async def _check_no_host(turn: Turn, room: RoomId, alias: Alias) -> None:
    seats = (await turn.ask(lambda client: client.status())).get("participants", [])
    if not any(seat.get("alias") == alias and seat.get("is_host") for seat in seats):
        return
    raise Failure(
        "host_seat",
        f"{alias} hosts {room}, and an agent is not run in the host's own seat",
        field="alias",
        hint=f"give the agent an alias of its own, and it gets a seat: agentgather run --alias {alias}-agent -- ...",
    )


async def _found(turn: Turn, room: RoomId, alias: Alias, *, me: Alias) -> Seat:
    async with turn.reach(may_open_room=False) as client:
        url = client.base_url
        if alias == me:
            return Seat(room, alias, url, turn.seat.token)
        held = next((one for one in turn.home.seats() if (one.room, one.alias) == (room, alias)), None)
        if held is not None:
            return held
        try:
            answer = await client.invite(alias)
        except Refused as refused:
            if refused.code != "alias_taken":
                raise
            raise Failure(
                "alias_taken",
                f"there is a seat {alias} in {room}, and its token is not here",
                field="alias",
                hint=f"agentgather room invite {alias} --rotate gives a new one; then run with --token-file",
            ) from None
        return Seat(room, alias, url, str(answer["token"]))
