"""What happened to the room, in the past tense. Each is carried by one record of the log, and the fold replays them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from agentgather.room.contracts.events import ContractEvent
from agentgather.room.leases.events import LeaseEvent
from agentgather.room.modes import Mode
from agentgather.room.names import Alias, Label, MessageId
from agentgather.room.participant import Brief, Kind, Participant, Policy, Role
from agentgather.room.session.events import SessionEvent
from agentgather.room.tasks.events import TaskEvent
from agentgather.room.wakes.events import WakesEvent


@dataclass(frozen=True, slots=True)
class RoomCreated:
    """The first record of a room of ours: its host's seat, its first brief and policy, and when it ends (None: never)."""

    host: Alias
    host_kind: Kind
    policy: Policy
    brief: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class RoomAdopted:
    """The first record we write into a room of Agent Gather 0.1: all that its log did not tell."""

    participants: tuple[Participant, ...]
    policy: Policy
    brief: Brief
    created_at: datetime
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ParticipantInvited:
    """What is None was not said, and a seat that comes back keeps what it had."""

    alias: Alias
    kind: Kind
    role: Role
    labels: tuple[Label, ...] | None = None
    requested_mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class ParticipantJoined:
    alias: Alias


@dataclass(frozen=True, slots=True)
class ParticipantLeft:
    alias: Alias


@dataclass(frozen=True, slots=True)
class ParticipantRemoved:
    alias: Alias


@dataclass(frozen=True, slots=True)
class TokenRotated:
    alias: Alias


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    alias: Alias
    display_name: str


@dataclass(frozen=True, slots=True)
class LabelsSet:
    """All the labels that `alias` has from now on; `by` whom: the host, or itself."""

    alias: Alias
    labels: tuple[Label, ...]
    by: Alias


@dataclass(frozen=True, slots=True)
class AttentionDeclared:
    """All that `alias` says of its attention from now on."""

    alias: Alias
    supported_modes: tuple[Mode, ...]
    poll_cadence_s: int | None
    safety_wake_s: int | None


@dataclass(frozen=True, slots=True)
class BriefChanged:
    by: Alias
    version: int
    body: str


@dataclass(frozen=True, slots=True)
class PolicySet:
    policy: Policy


@dataclass(frozen=True, slots=True)
class ExpiryMoved:
    """`expires_at` None: the room has no end any more."""

    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ExpiryWarned:
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class LoopTripped:
    """`alias` has spoken as often as an agent may without a human having said something."""

    alias: Alias


@dataclass(frozen=True, slots=True)
class LoopContinued:
    pass


@dataclass(frozen=True, slots=True)
class MessageRetracted:
    """`is_scrubbed`: its text was also removed from the log."""

    message_id: MessageId
    is_scrubbed: bool = False


@dataclass(frozen=True, slots=True)
class RoomClosed:
    """`by_ttl`: the room came to its time; otherwise the host closed it."""

    by_ttl: bool = False


Event = (
    RoomCreated
    | RoomAdopted
    | ParticipantInvited
    | ParticipantJoined
    | ParticipantLeft
    | ParticipantRemoved
    | TokenRotated
    | ProfileChanged
    | LabelsSet
    | AttentionDeclared
    | BriefChanged
    | PolicySet
    | SessionEvent
    | ExpiryMoved
    | ExpiryWarned
    | LoopTripped
    | LoopContinued
    | MessageRetracted
    | RoomClosed
    | TaskEvent
    | LeaseEvent
    | ContractEvent
    | WakesEvent
)
