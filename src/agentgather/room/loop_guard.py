"""The loop guard: how much agents may say among themselves before a person has to say something.

What an agent puts before everybody counts: a post, what it says of itself, a step on a board, and as a host a new brief, a
session or a budget of wakes. Otherwise two agents that obey whatever they read would go on there when their posts are used up.
"""

from __future__ import annotations

from agentgather.room import events
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.participant import Kind, Participant
from agentgather.room.refusals import LoopGuard
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState


def check_may_speak(state: RoomState, actor: Participant, *, limits: RoomLimits) -> None:
    """Raise LoopGuard for an agent that has said its fill."""
    said = state.streaks.get(actor.alias, 0)
    if actor.kind is Kind.AGENT and said >= limits.loop_posts_max:
        raise LoopGuard(
            f"{actor.alias} has spoken {said} times since a human last did; wait until a human posts or the host "
            "continues the room (keep waiting and reading meanwhile)"
        )


def pause(state: RoomState, actor: Participant, *, scribe: Scribe, limits: RoomLimits, times: int = 1) -> list[Message]:
    """The note that belongs behind what `actor` says now, `times` at once, if that is the last an agent may say."""
    said = state.streaks.get(actor.alias, 0)
    if actor.kind is not Kind.AGENT or not said < limits.loop_posts_max <= said + times:
        return []
    text = (
        f"{actor.alias} has spoken {limits.loop_posts_max} times since a human last did; it reads on, and is paused until "
        "a human posts or the host continues the room"
    )
    return [scribe.note(text, events.LoopTripped(actor.alias))]


def check_may_continue(actor: Participant) -> None:
    """Raise LoopGuard for a host who is an agent: what stops agents is not theirs to lift."""
    if actor.kind is Kind.AGENT:
        raise LoopGuard(
            f"{actor.alias} is an agent, and agents do not end their own pause; a human's post does: invite one "
            "(kind human) if none is here"
        )


def is_coming_and_going(state: RoomState, actor: Participant, *, limits: RoomLimits) -> bool:
    """Whether an agent has come so often among agents that its going, and so its coming again, is no news any more."""
    return actor.kind is Kind.AGENT and state.comings.get(actor.alias, 0) >= limits.loop_posts_max
