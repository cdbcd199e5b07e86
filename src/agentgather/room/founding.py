"""How a room begins: the record that every other record of its log follows."""

from __future__ import annotations

from datetime import datetime

from agentgather.room.events import RoomCreated
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, RoomId
from agentgather.room.participant import Kind, Policy
from agentgather.room.refusals import InvalidTtl
from agentgather.room.scribe import Scribe
from agentgather.room.state import RoomState
from agentgather.room.steering import check_brief


def found(
    room: RoomId,
    *,
    host: Alias,
    host_kind: Kind,
    brief: str,
    policy: Policy,
    expires_at: datetime | None,
    now: datetime,
    limits: RoomLimits,
) -> Message:
    """The first record of a new room. Raises BriefTooLarge, InvalidBody, or InvalidTtl for an end in the past."""
    check_brief(brief, units_max=limits.brief_units_max)
    if expires_at is not None and expires_at <= now:
        raise InvalidTtl("the room would end before it began; give a time to come", field="ttl")
    event = RoomCreated(host, host_kind, policy, brief, expires_at)
    return Scribe(RoomState(room), now=now).note(f"{host} opened the room", event, newcomers=[host])
