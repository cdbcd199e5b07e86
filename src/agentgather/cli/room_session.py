"""`agentgather room session`: the time in which the host expects everybody to work together. It is a word, and stops nobody."""

from __future__ import annotations

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.room_status import session_line
from agentgather.cli.steering import ask_once
from agentgather.cli.turn import Turn, take_turn
from agentgather.room.participant import Policy


def start(*, minutes: int | None = None, policy: Policy | None = None, flags: Flags = ANYONE) -> int:
    """Start a session: everybody hears of it, and agents that are woken for what concerns them are woken. One at a time.

    Parameters
    ----------
    minutes
        How long you expect it to take. A guess: the session goes on until you end it or close the room.
    policy
        The attendance you ask for meanwhile.
    """

    async def work(turn: Turn) -> None:
        asked = policy.value if policy is not None else None
        answer = await ask_once(turn, lambda room: room.start_session(expected_minutes=minutes, policy=asked))
        turn.output.answer(answer, session_line(answer.get("session") or {}))

    return take_turn(flags, work)


def end(*, flags: Flags = ANYONE) -> int:
    """End the session that is on."""

    async def work(turn: Turn) -> None:
        turn.output.answer(await ask_once(turn, lambda room: room.end_session()), "the session is over")

    return take_turn(flags, work)
