"""Whether a record concerns a participant, and why: what may wake an agent. Whatever else happens in a room does not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from agentgather.room.addressing import ALL, ROLE
from agentgather.room.contracts.events import ContractEvent
from agentgather.room.delivery.recipients import sender
from agentgather.room.mentions import mentions
from agentgather.room.message import Message
from agentgather.room.names import Alias, MessageId
from agentgather.room.session.events import SessionStarted
from agentgather.room.state import RoomState
from agentgather.room.tasks.events import TaskEvent


class ConcernReason(StrEnum):
    MENTION = "mention"  # the text calls it
    TO = "to"  # `to` names it, or all
    ROLE = "role"  # `to` names a role that it had when the record was made
    ANSWER = "answer"  # it replies to something of its own, and calls it or was asked for by need_reply
    NEED_REPLY = "need_reply"  # besides one of these: it was asked to answer
    TASK = "task"  # a note of the room's about a task that is its own, or was
    CONTRACT = "contract"  # a note about a contract: a version breaks it, or all whom its own version breaks know of it
    SESSION = "session"  # the host started a session


@dataclass(frozen=True, slots=True)
class Concern:
    """One record that concerns a participant. `by` is who said it, or of a note of the room's who did what it notes."""

    id: MessageId
    by: Alias
    reasons: tuple[ConcernReason, ...]


def concern(record: Message, alias: Alias, state: RoomState) -> Concern | None:
    """Why `record` concerns `alias` in the room as `state` tells it; None when it does not.

    What one did oneself concerns one not, nor does what was taken back, nor anything once one was removed. Text alone never
    makes a reason: a mention is one that the room resolved when it recorded the message.
    """
    if alias not in record.mentions and not isinstance(record.event, SessionStarted):
        return None
    by = sender(record)
    seat = state.participants.get(alias)
    if by == alias or seat is None or seat.is_removed or record.is_retracted or record.id in state.retracted:
        return None
    return Concern(record.id, by, tuple(_reasons(record, alias, state)))


def _reasons(record: Message, alias: Alias, state: RoomState) -> list[ConcernReason]:
    if record.event is not None:
        return [_of_event(record.event)]
    reasons = []
    if alias in mentions(record.text, roster=state.participants):
        reasons.append(ConcernReason.MENTION)
    if alias in record.to or ALL in record.to:
        reasons.append(ConcernReason.TO)
    roles = [name.removeprefix(ROLE) for name in record.to if name.startswith(ROLE)]
    if roles and (not reasons or any(role in state.participants[alias].labels for role in roles)):
        reasons.append(ConcernReason.ROLE)
    if record.reply_to is not None and state.posts.get(record.reply_to) == alias:
        reasons.append(ConcernReason.ANSWER)
    if record.needs_reply:
        reasons.append(ConcernReason.NEED_REPLY)
    return reasons


def _of_event(event: object) -> ConcernReason:
    """What a note of the room's is about; one that calls somebody for anything else is a mention."""
    if isinstance(event, SessionStarted):
        return ConcernReason.SESSION
    if isinstance(event, TaskEvent):
        return ConcernReason.TASK
    return ConcernReason.CONTRACT if isinstance(event, ContractEvent) else ConcernReason.MENTION
