"""Rooms for tests of the core: told in a line, without a clock, a disk or a network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from agentgather.room.commands import Command, Invite
from agentgather.room.decide import Decision, decide
from agentgather.room.founding import found
from agentgather.room.limits import RoomLimits
from agentgather.room.message import Message
from agentgather.room.names import Alias, RoomId
from agentgather.room.participant import Kind, Policy, Role
from agentgather.room.state import RoomState, apply

DAWN = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)
OPS, REV, DOC, ANN, EYE = (Alias(name) for name in ("ops", "rev", "doc", "ann", "eye"))


@dataclass
class Room:
    """A room as its records make it; `do` decides a command a second after the last and records what follows."""

    limits: RoomLimits = field(default_factory=RoomLimits)
    ttl: timedelta | None = None
    records: list[Message] = field(default_factory=list)
    now: datetime = DAWN
    host_kind: Kind = Kind.HUMAN

    def __post_init__(self) -> None:
        first = found(
            RoomId("lab"),
            host=OPS,
            host_kind=self.host_kind,
            brief="Ship it.",
            policy=Policy.MANUAL_OK,
            expires_at=self.now + self.ttl if self.ttl else None,
            now=self.now,
            limits=self.limits,
        )
        self.records.append(first)
        self.state = apply(RoomState(RoomId("lab")), first)

    def decide(self, command: Command) -> Decision:
        return decide(self.state, command, now=self.now, limits=self.limits)

    def do(self, command: Command) -> Sequence[Message]:
        """Record what follows from `command`; answers the new records. Raises its Refusal."""
        self.now += timedelta(seconds=1)
        decision = self.decide(command)
        self.records.extend(decision.records)
        self.state = decision.state
        return decision.records


def furnished(limits: RoomLimits | None = None, *, ttl: timedelta | None = None) -> Room:
    """A room with two agents (rev, doc), a person (ann) and an observer (eye)."""
    room = Room(limits or RoomLimits(), ttl)
    for alias, kind, role in (
        (REV, Kind.AGENT, Role.GUEST),
        (DOC, Kind.AGENT, Role.GUEST),
        (ANN, Kind.HUMAN, Role.GUEST),
        (EYE, Kind.AGENT, Role.OBSERVER),
    ):
        room.do(Invite(OPS, alias, kind, role))
    return room
