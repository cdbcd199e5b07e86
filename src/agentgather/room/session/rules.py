"""The rules of sessions: one at a time, started and ended by the host, heard by everybody."""

from __future__ import annotations

from agentgather.room.limits import RoomLimits
from agentgather.room.loop_guard import check_may_speak, pause
from agentgather.room.message import Message, timestamp
from agentgather.room.participant import Participant
from agentgather.room.refusals import InvalidSession, NoActiveSession, SessionActive
from agentgather.room.scribe import Scribe
from agentgather.room.session.commands import SessionCommand, StartSession
from agentgather.room.session.events import SessionEnded, SessionStarted
from agentgather.room.state import RoomState
from agentgather.room.steering import parse_policy

EXPECTED_MINUTES_MAX = 24 * 60  # what lasts longer is no session


def decide(
    state: RoomState, command: SessionCommand, *, actor: Participant, scribe: Scribe, limits: RoomLimits
) -> list[Message]:
    """Start or end the session. Raises SessionActive, NoActiveSession, InvalidSession, InvalidPolicy or LoopGuard."""
    noted = _start(state, command, scribe=scribe) if isinstance(command, StartSession) else _end(state, actor, scribe)
    check_may_speak(state, actor, limits=limits)
    return [noted, *pause(state, actor, scribe=scribe, limits=limits)]


def _start(state: RoomState, command: StartSession, *, scribe: Scribe) -> Message:
    minutes = command.expected_minutes
    if minutes is not None and not 1 <= minutes <= EXPECTED_MINUTES_MAX:
        raise InvalidSession(
            f"a session is expected to take 1 to {EXPECTED_MINUTES_MAX} minutes", field="expected_minutes"
        )
    policy = None if command.policy is None else parse_policy(command.policy)
    if state.session is not None:
        since = timestamp(state.session.started_at)
        raise SessionActive(f"a session has been on since {since}; end it before you start another")
    expected = f", about {minutes} minute{'s' if minutes > 1 else ''}" if minutes is not None else ""
    asked = f"; attendance meanwhile: {policy}" if policy is not None else ""
    return scribe.note(
        f"{command.actor} started a session{expected}{asked}", SessionStarted(command.actor, minutes, policy)
    )


def _end(state: RoomState, actor: Participant, scribe: Scribe) -> Message:
    if state.session is None:
        raise NoActiveSession("no session is on; there is nothing to end")
    return scribe.note(f"{actor.alias} ended the session", SessionEnded(actor.alias))
