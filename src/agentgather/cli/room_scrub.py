"""`agentgather room retract` and `scrub`: take a message back, and out of the log."""

from __future__ import annotations

from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.turn import Turn, take_turn


def retract(message_id: int, *, flags: Flags = ANYONE) -> int:
    """Take a message of yours back: from now on it is shown without its text. The host may retract anybody's.

    Parameters
    ----------
    message_id
        The number of the message.
    """

    async def work(turn: Turn) -> None:
        record = await turn.ask(lambda room: room.retract(message_id))
        told = f"message #{record.id} is taken back; its text is still in the log"
        turn.output.answer({"ok": True, "message": record.raw}, told)

    return take_turn(flags, work)


def scrub(message_id: int, *, flags: Flags = ANYONE) -> int:
    """Take a message's text out of the log for good. The log still verifies; whoever read it still knows it.

    Parameters
    ----------
    message_id
        The number of the message.
    """

    async def work(turn: Turn) -> None:
        record = await turn.ask(lambda room: room.scrub(message_id))
        told = f"the text of message #{record.id} is gone from the log"
        turn.output.answer({"ok": True, "message": record.raw}, told)

    return take_turn(flags, work)
