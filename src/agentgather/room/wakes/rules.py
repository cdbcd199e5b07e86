"""The rules of the room's budget of wakes: a host sets it, an agent does not raise it, and its end is noted once."""

from __future__ import annotations

import re
from datetime import timedelta

from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message, timestamp
from agentgather.room.participant import Kind, Participant
from agentgather.room.refusals import InvalidBudget, InvalidWake, LoopGuard
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.wakes.commands import EndWakeBudget, SetWakeBudget
from agentgather.room.wakes.events import Span, WakeBudgetEnded, WakeBudgetSet

WAKES_MAX = 10_000  # that a room may be set to cause in a day
LENGTH = {Span.HOUR: timedelta(hours=1), Span.DAY: timedelta(days=1)}
_WAKE_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")


def set_budget(
    state: RoomState, command: SetWakeBudget, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """Nothing for a budget that is so already. Raises InvalidBudget, or LoopGuard for an agent that would raise it."""
    if command.an_hour is None and command.a_day is None:
        raise InvalidBudget("say how many wakes: an_hour, a_day, or both")
    was = (state.wakes.most(Span.HOUR, limits), state.wakes.most(Span.DAY, limits))
    wanted = (_counted(command.an_hour, was[0], field="an_hour"), _counted(command.a_day, was[1], field="a_day"))
    if wanted == was:
        return []
    if actor.kind is Kind.AGENT and (wanted[0] > was[0] or wanted[1] > was[1]):
        raise LoopGuard(f"{actor.alias} is an agent, and agents do not raise what keeps agents from being woken")
    check_may_speak(state, actor, limits=limits)
    text = f"this room may now cause {_wakes(wanted[0])} an hour and {_wakes(wanted[1])} a day"
    noted = scribe.note(text, WakeBudgetSet(command.actor, *wanted))
    return [noted, *pause(state, actor, scribe=scribe, limits=limits)]


def end_budget(state: RoomState, command: EndWakeBudget, *, scribe: Scribe, limits: RoomLimits) -> list[Message]:
    """The note that the budget ended; none when that was noted within the same hour or day already.

    A room in which more is asked for than there is would else have a note for every wake that becomes free.
    """
    noted_at = state.wakes.ended_at(command.span)
    if noted_at is not None and scribe.now - noted_at < LENGTH[command.span]:
        return []
    most = state.wakes.most(command.span, limits)
    text = (
        f"this room has caused {_wakes(most)} within {'an hour' if command.span is Span.HOUR else 'a day'}, which is its "
        f"budget: nobody is woken before {timestamp(command.free_at)}; then they are, and nothing is lost"
    )
    return [scribe.note(text, WakeBudgetEnded(command.span, most, command.free_at))]


def check_wake_id(wake_id: str) -> str:
    """`wake_id`, by which a wake is asked for and told of. Raises InvalidWake."""
    if not _WAKE_ID.fullmatch(wake_id):
        raise InvalidWake("wake_id is 1 to 64 letters, digits, '.', '_', ':' and '-'", field="wake_id")
    return wake_id


def _counted(asked: int | None, was: int, *, field: str) -> int:
    if asked is None:
        return was
    if not 1 <= asked <= WAKES_MAX:
        raise InvalidBudget(f"{field} is a whole number from 1 to {WAKES_MAX}", field=field)
    return asked


def _wakes(count: int) -> str:
    return f"{count} wake" if count == 1 else f"{count} wakes"
