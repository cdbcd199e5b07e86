"""`requests`: what still waits for an answer."""

from __future__ import annotations

from functools import partial

from agentgather.cli.columns import columns
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.asking import Json, no_room
from agentgather.client.room_client import RoomClient


def requests(*, of: str | None = None, by: str | None = None, flags: Flags = ANYONE) -> int:
    """Show the messages that need a reply and still wait for somebody: those you owe, and those you asked.

    Parameters
    ----------
    of
        me: only what you owe an answer to; all: everybody's.
    by
        me: only what you asked.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(partial(RoomClient.requests, of=of, by=by))
        turn.output.answer(answer, *_lines(answer))

    return take_turn(flags, work)


def _lines(answer: Json) -> list[str]:
    found = answer.get("requests")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise no_room("its answer has no proper `requests`")
    if not found:
        return ["nothing waits for an answer"]
    rows: list[tuple[object, ...]] = [("MESSAGE", "FROM", "SINCE", "WAITS FOR")]
    for one in found:
        names = one.get("waiting_for")
        waiting = " ".join(map(str, names)) if isinstance(names, list) else ""
        rows.append((f"#{one.get('message_id')}", one.get("from"), one.get("asked_at"), waiting))
    return [*columns(rows), *(["and more: these are the oldest"] if answer.get("has_more") is True else [])]
