"""`agentgather room remove` and `rotate`: take a seat away, or replace its token."""

from __future__ import annotations

from dataclasses import replace

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.invitation_lines import invitation_lines
from agentgather.cli.output import single
from agentgather.cli.steering import ask_once
from agentgather.cli.turn import Turn, take_turn
from agentgather.room import names


def remove(alias: str, *, flags: Flags = ANYONE) -> int:
    """Take a seat away: its token stops working at once. What it said stays.

    Parameters
    ----------
    alias
        Whose seat.
    """
    named = names.alias(alias)

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.remove(named))
        turn.output.answer(answer, f"{single(answer.get('alias'))} is removed; what it said stays")

    return take_turn(flags, work)


def rotate(alias: str, *, flags: Flags = ANYONE) -> int:
    """Replace the token of a seat; the old one stops working at once. For your own seat, this home keeps the new one.

    Parameters
    ----------
    alias
        Whose token.
    """
    named = names.alias(alias)

    async def work(turn: Turn) -> None:
        answer = await ask_once(turn, lambda room: room.rotate(named))
        try:
            _keep_own_token(turn, names.room_id(str(answer.get("room"))), named, token=str(answer.get("token")))
        finally:  # where the disk does not take it, it is known nowhere else: the one before it is over
            turn.output.answer(answer, *invitation_lines(answer, output=turn.output))

    return take_turn(flags, work)


def _keep_own_token(turn: Turn, room: names.RoomId, alias: names.Alias, *, token: str) -> None:
    """A seat that has just given itself a new token goes on with it."""
    home, old = turn.home, turn.seat.token
    current = home.current()
    for seat in dict.fromkeys([*([current] if current else []), *home.seats()]):
        if (seat.room, seat.alias, seat.token) == (room, alias, old):
            home.keep_seat(replace(seat, token=token), is_current=seat == current)
