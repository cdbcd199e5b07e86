"""`agentgather room labels`: what each participant does here. A label permits nothing; messages can be sent to it."""

from __future__ import annotations

from typing import Annotated, Any

from cyclopts import Parameter

from agentgather.cli.columns import columns
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.room_status import labels_of
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.room_client import RoomClient
from agentgather.room import names


def view(*, flags: Flags = ANYONE) -> int:
    """Show who does what here: the role labels that `send --to role:LABEL` reaches."""

    async def work(turn: Turn) -> None:
        answer = await turn.ask(lambda room: room.status())
        seats = [seat for seat in answer.get("participants", []) if isinstance(seat, dict) and labels_of(seat)]
        rows = [(seat.get("alias"), labels_of(seat)) for seat in seats]
        labels = {single(seat.get("alias")): seat["labels"] for seat in seats}
        turn.output.answer({"ok": True, "labels": labels}, *(columns(rows) if rows else ["nobody has a role label"]))

    return take_turn(flags, work)


def set_labels(
    *labels: str,
    of: str | None = None,
    none: Annotated[bool, Parameter(negative=())] = False,
    flags: Flags = ANYONE,
) -> int:
    """Say what you do here, in place of what was said before. The host may say it of anybody.

    Parameters
    ----------
    labels
        The labels: reviewer, backend, docs. Lowercase letters, digits and hyphens.
    of
        Whose labels. Default: your own.
    none
        Take the labels away.
    """
    if bool(labels) == none:
        raise Failure("usage", "name the labels, or say --none", hint="agentgather room labels set reviewer --of rev")
    wanted = [names.label(one) for one in labels]
    alias = names.alias(of.removeprefix("@")) if of is not None else None

    async def request(room: RoomClient) -> dict[str, Any]:
        return await (room.set_profile(labels=wanted) if alias is None else room.set_labels(alias, wanted))

    async def work(turn: Turn) -> None:
        answer = await turn.ask(request)
        seat = answer.get("participant") or {}
        turn.output.answer(answer, f"{single(seat.get('alias'))}: {single(labels_of(seat) or 'no role label')}")

    return take_turn(flags, work)
