"""`ack` and `delivery`: that one has a message before one, and what became of one's own."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated

from cyclopts import Parameter

from agentgather.cli import exit_codes
from agentgather.cli.columns import columns
from agentgather.cli.failures import Failure
from agentgather.cli.flags import ANYONE, Flags
from agentgather.cli.output import single
from agentgather.cli.turn import Turn, take_turn
from agentgather.client.answers import Delivered, Recipient, read_delivered
from agentgather.client.asking import Json, no_room
from agentgather.client.room_client import RoomClient

HOLD_SECONDS = 25.0
PATIENCE_SECONDS = 8.0  # while nobody answers: a daemon that restarts is back by then
NOTHING_SAID = "you have said nothing that is for somebody"
STATES = ("recorded", "fetched", "in_context", "answered", "done")


def ack(
    message_id: int,
    proof: str,
    /,
    *,
    done: Annotated[bool, Parameter(negative=())] = False,
    flags: Flags = ANYONE,
) -> int:
    """Say that you have a message before you, by giving back its proof.

    Parameters
    ----------
    message_id
        The number of the message.
    proof
        The eight characters that stand beside it.
    done
        What the message asked is done.
    """

    async def work(turn: Turn) -> None:
        answer = await turn.ask(partial(RoomClient.acknowledge, message_id=message_id, proof=proof, is_done=done))
        again = " (it was said before)" if answer.get("idempotent") is True else ""
        told = "is done" if done else "is before you"
        turn.output.answer(answer, f"noted: #{message_id} {told}{again}")

    return take_turn(flags, work)


def delivery(
    message_id: int | None = None,
    /,
    *,
    wait: str | None = None,
    seconds: float = 300.0,
    flags: Flags = ANYONE,
) -> int:
    """Show what became of a message: at each of those it is for the furthest state that was seen, and when.

    Parameters
    ----------
    message_id
        The number of the message. Default: your newest, the newest of them first; with --wait, the newest of them alone.
    wait
        Stay until it came so far at all of them: recorded, fetched, in_context, answered or done.
    seconds
        With --wait, so long at most.
    """
    if wait is not None and wait not in STATES:
        raise Failure("usage", f"--wait is one of {', '.join(STATES)}", field="wait")
    if not 0 <= seconds <= 604_800:
        raise Failure("usage", "--seconds is a number of seconds, a week at most", field="seconds")
    if message_id is None and wait is None:
        return take_turn(flags, _list)
    return take_turn(flags, partial(_show, message_id=message_id, wait=wait, seconds=seconds))


async def _show(turn: Turn, *, message_id: int | None, wait: str | None, seconds: float) -> int:
    if message_id is None:
        message_id = await _newest(turn)
    if wait is None:
        told = await turn.ask(partial(RoomClient.delivery, message_id=message_id))
        turn.output.answer(told.raw, *_lines(told))
        return exit_codes.OK
    told, why_not = await _awaited(turn, message_id=message_id, state=wait, seconds=seconds)
    turn.output.answer(told.raw, *_lines(told))
    if told.has_reached:
        return exit_codes.OK
    turn.output.note(f"note: #{message_id} did not come as far as {wait} {why_not}")
    return exit_codes.UNREACHABLE


async def _awaited(turn: Turn, *, message_id: int, state: str, seconds: float) -> tuple[Delivered, str]:
    """What became of the message once it came so far, and else why nobody waits on. Who waits opens no room: others want in."""
    import trio

    from agentgather.client.persist import persist

    end = trio.current_time() + seconds
    while True:
        left = max(0.0, end - trio.current_time())
        hold = min(HOLD_SECONDS, left)

        async def attempt(hold: float = hold) -> Delivered:
            async with turn.reach(may_open_room=not hold) as room:
                return await room.delivery(message_id, state=state, hold_seconds=hold)

        told = await persist(attempt, patience_seconds=min(PATIENCE_SECONDS, left) or PATIENCE_SECONDS)
        if told.has_reached or trio.current_time() >= end:
            return told, f"within {seconds:g} seconds"
        if (await turn.ask(RoomClient.status)).get("room_status") == "closed":
            return told, "before the room was closed"


async def _newest(turn: Turn) -> int:
    found = _deliveries(await turn.ask(RoomClient.deliveries))
    if not found:
        raise Failure("message_not_found", NOTHING_SAID, hint="agentgather send ALIAS TEXT")
    return found[0].message_id


async def _list(turn: Turn) -> None:
    answer = await turn.ask(RoomClient.deliveries)
    lines = [line for one in _deliveries(answer) for line in _lines(one)]
    turn.output.answer(answer, *(lines or [NOTHING_SAID]))


def _deliveries(answer: Json) -> list[Delivered]:
    found = answer.get("deliveries")
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise no_room("its answer has no proper `deliveries`")
    return [read_delivered(one) for one in found]


def _lines(told: Delivered) -> Iterable[str]:
    if not told.recipients:
        yield f"#{told.message_id} is for nobody in particular"
        return
    yield from columns([(f"#{told.message_id}", one.alias, one.state, _moment(one)) for one in told.recipients])
    for one in told.recipients:
        for wake in one.wakes:
            yield f"    {single(one.alias)}: wake {_wake(wake)}"


def _moment(one: Recipient) -> str:
    at = one.moments.get(one.state, "")
    return f"{at} (#{one.answer_id})" if one.state == "answered" else at


def _wake(wake: Json) -> str:
    told = [single(wake.get(name)) for name in ("at", "via", "outcome", "trouble") if wake.get(name)]
    return " ".join(told)
